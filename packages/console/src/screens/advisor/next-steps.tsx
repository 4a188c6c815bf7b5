import type { ReactNode } from 'react'
import { useAction } from '../../api/action.ts'
import { type Call, isMissing, send } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { Button } from '../../kit/button.tsx'
import { CodeBlock, CopyButton, CopyCall } from '../../kit/copy.tsx'
import { Panel, Row, Stack } from '../../kit/page.tsx'
import { saveFile } from '../../kit/save-file.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import type { Advice, Answers } from './advice.ts'

/** What `POST /api/advisor/template` gives. */
interface Template {
  /** The one that is deployed, by the name of its file. */
  readonly name: string
  readonly template: Readonly<Record<string, unknown>>
}

/** Milliseconds: functions are bundled for it, on a busy machine for a minute. */
const patience = 150_000

/** The result as files, a project to begin with, and its infrastructure. */
export function NextSteps({ advice, answers }: { readonly advice: Advice; readonly answers: Answers }): ReactNode {
  const { primary, secondary } = advice.composition
  const patterns = [primary, ...secondary].filter((pattern) => pattern !== 'none')
  const profile = JSON.stringify(answers, null, 2)
  const result = JSON.stringify(advice, null, 2)
  return (
    <Stack>
      <Panel title="The result">
        <Row>
          <Button onClick={() => saveFile('profile.json', profile, 'application/json')}>Download the profile</Button>
          <Button onClick={() => saveFile('advice.json', result, 'application/json')}>Download the advice</Button>
          <CopyButton text={result} what="the advice" />
        </Row>
      </Panel>
      <Panel title="A project to begin with">
        <Stack>
          <p>Code, a test, a README, CI and the CDK app for these patterns:</p>
          <CodeBlock what="The command" text="npx --no-install plinth init my-project --profile profile.json" />
        </Stack>
      </Panel>
      <Infrastructure patterns={patterns} command={synthCommand(advice)} model={String(advice.profile.model_id ?? '')} />
    </Stack>
  )
}

function Infrastructure(props: {
  readonly patterns: readonly string[]
  readonly command: string
  readonly model: string
}): ReactNode {
  const { patterns, command, model } = props
  const may = useMay('advisor:write')
  const call: Call = {
    method: 'POST',
    path: '/api/advisor/template',
    body: { patterns, ...(model === '' ? {} : { model_id: model }) },
  }
  const making = useAction({
    mutationFn: () => send<Template>(call, undefined, patience),
    onSuccess: ({ name, template }) => saveFile(name, JSON.stringify(template, null, 2), 'application/json'),
  })
  const isElsewhere = isMissing(making.error)
  return (
    <Panel title="Its infrastructure" actions={<CopyCall call={call} />}>
      <Stack>
        <p>The same template, with the code of its functions beside it, is written by:</p>
        <CodeBlock what="The command" text={command} />
        {may && (
          <div>
            <Button look="primary" busy={making.isPending} onClick={() => making.mutate()}>
              Generate the CloudFormation template
            </Button>
          </div>
        )}
        {making.data !== undefined && (
          <Notice tone="good">
            {making.data.name} with {Object.keys((making.data.template.Resources ?? {}) as object).length} resources was handed to
            the browser.
          </Notice>
        )}
        {isElsewhere ? (
          <Notice>This server makes no templates; the command above does.</Notice>
        ) : (
          making.error !== null && <ProblemNotice error={making.error} />
        )}
      </Stack>
    </Panel>
  )
}

/** The roadmap has it, for this composition. */
function synthCommand({ roadmap }: Advice): string {
  const command = roadmap.flatMap(({ tasks }) => tasks.map(({ how }) => how)).find((how) => how.startsWith('plinth synth'))
  return `npx --no-install ${command ?? 'plinth synth'}`
}
