import type { ReactNode } from 'react'
import { useRouteError } from 'react-router'
import { Button, ButtonLink } from '../kit/button.tsx'
import { Page } from '../kit/page.tsx'
import { Empty, Notice } from '../kit/states.tsx'

/** In the place of a screen that failed, so that the rest of the page goes on. */
export function Crashed(): ReactNode {
  const error = useRouteError()
  return (
    <Page title="This screen failed">
      <Notice tone="bad">{error instanceof Error ? error.message : 'It could not be loaded.'}</Notice>
      <div>
        <Button look="primary" onClick={() => location.reload()}>
          Load the page anew
        </Button>
      </div>
    </Page>
  )
}

export function NotFound(): ReactNode {
  return (
    <Page title="No such screen">
      <Empty title="Nothing has this address.">
        <ButtonLink to="/">To the home screen</ButtonLink>
      </Empty>
    </Page>
  )
}
