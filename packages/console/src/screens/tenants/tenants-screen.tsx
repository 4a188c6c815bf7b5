import type { ReactNode } from 'react'
import { Route, Routes } from 'react-router'
import { NotFound } from '../../app/crashed.tsx'
import { TenantPage } from './tenant-page.tsx'
import { TenantsPage } from './tenants-page.tsx'
import { TokenLab } from './token-lab.tsx'

/** Whoever runs Plinth sees all tenants, and what each is, may and used. */
export default function TenantsScreen(): ReactNode {
  return (
    <Routes>
      <Route index element={<TenantsPage />} />
      <Route path="token-lab" element={<TokenLab />} />
      <Route path="of/:id" element={<TenantPage />} />
      <Route path="*" element={<NotFound />} />
    </Routes>
  )
}
