import type { ReactNode } from 'react'
import { Route, Routes, useParams } from 'react-router'
import { NotFound } from '../../app/crashed.tsx'
import { MetricsPage } from './metrics-page.tsx'
import { TracePage } from './trace-page.tsx'

export default function MetricsScreen(): ReactNode {
  return (
    <Routes>
      <Route index element={<MetricsPage />} />
      <Route path="traces/:id" element={<Named />} />
      <Route path="*" element={<NotFound />} />
    </Routes>
  )
}

function Named(): ReactNode {
  const { id = '' } = useParams()
  return <TracePage key={id} id={id} />
}
