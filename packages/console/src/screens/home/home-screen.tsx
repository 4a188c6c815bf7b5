import type { ReactNode } from 'react'
import { useMay } from '../../api/session.ts'
import { CopyCall } from '../../kit/copy.tsx'
import { Page, Panel } from '../../kit/page.tsx'
import { Loaded, NoPermission } from '../../kit/states.tsx'
import { ModelNotice } from './model-notice.tsx'
import { type Overview, overviewCall, useOverview } from './overview.ts'
import { OverviewFigures } from './overview-figures.tsx'
import { PatternList } from './pattern-list.tsx'
import { TryThis } from './try-this.tsx'

/** How this Plinth is, and a way to see each pattern work. */
export default function HomeScreen(): ReactNode {
  const overview = useOverview()
  const mayLook = useMay('metrics:read')
  return (
    <Page
      title="Home"
      about={overview.data && <Running overview={overview.data} />}
      actions={mayLook && <CopyCall call={overviewCall} />}
    >
      {mayLook ? (
        <Loaded query={overview}>
          {(data) => (
            <>
              <ModelNotice models={data.models} />
              <OverviewFigures overview={data} />
              <Panel title="Patterns" flush>
                <PatternList patterns={data.patterns} />
              </Panel>
            </>
          )}
        </Loaded>
      ) : (
        <NoPermission permission="metrics:read" />
      )}
      <TryThis />
    </Page>
  )
}

function Running({ overview: { platform, region, version, models } }: { readonly overview: Overview }): ReactNode {
  return (
    <>
      Plinth {version} on the platform <strong>{platform}</strong>, region <strong>{region}</strong>, with the model{' '}
      <strong>{models.default_model}</strong>.
    </>
  )
}
