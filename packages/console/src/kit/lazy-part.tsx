import { Component, type ComponentType, lazy, type ReactNode, Suspense } from 'react'
import { Button } from './button.tsx'
import { Loading, Notice } from './states.tsx'

/**
 * A part of a screen that is loaded when it is first shown. Where it can't be loaded or drawn, its place says so, and the rest of the
 * screen goes on.
 * @param waitingFor what stands there meanwhile.
 */
export function lazyPart<Props extends object>(
  load: () => Promise<{ readonly default: ComponentType<Props> }>,
  waitingFor: (props: Props) => ReactNode = () => <Loading />,
): (props: Props) => ReactNode {
  const Part = lazy(load)
  return (props) => (
    <Place>
      <Suspense fallback={waitingFor(props)}>
        <Part {...props} />
      </Suspense>
    </Place>
  )
}

class Place extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children
    return (
      <Notice tone="bad">
        <div>This part of the page could not be loaded.</div>
        <Button size="small" onClick={() => location.reload()}>
          Load the page anew
        </Button>
      </Notice>
    )
  }
}
