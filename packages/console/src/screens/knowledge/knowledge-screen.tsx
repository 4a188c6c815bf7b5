import type { ReactNode } from 'react'
import { Route, Routes } from 'react-router'
import { useMay } from '../../api/session.ts'
import { NotFound } from '../../app/crashed.tsx'
import { Page, Stack } from '../../kit/page.tsx'
import { NoPermission } from '../../kit/states.tsx'
import { Tabs } from '../../kit/tabs.tsx'
import { DocumentPage } from './document-page.tsx'
import { DocumentsPanel } from './documents-panel.tsx'
import { Playground } from './playground.tsx'
import { SendPanel } from './send-panel.tsx'

/** Documents, and questions that are answered from them. */
export default function KnowledgeScreen(): ReactNode {
  return (
    <Routes>
      <Route index element={<Overview />} />
      <Route path="documents/:id" element={<DocumentPage />} />
      <Route path="*" element={<NotFound />} />
    </Routes>
  )
}

function Overview(): ReactNode {
  const mayRead = useMay('documents:read')
  const mayAsk = useMay('rag:read')
  return (
    <Page title="Knowledge" about="Your documents, and answers from them that show their evidence down to the character.">
      <Tabs
        name="Knowledge"
        tabs={[
          {
            id: 'documents',
            name: 'Documents',
            show: () => (mayRead ? <Documents /> : <NoPermission permission="documents:read" />),
          },
          { id: 'ask', name: 'Ask', show: () => (mayAsk ? <Playground /> : <NoPermission permission="rag:read" />) },
        ]}
      />
    </Page>
  )
}

function Documents(): ReactNode {
  const mayWrite = useMay('documents:write')
  return (
    <Stack>
      {mayWrite && <SendPanel />}
      <DocumentsPanel />
    </Stack>
  )
}
