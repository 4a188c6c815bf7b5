import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useNavigate } from 'react-router'
import { useAction } from '../../api/action.ts'
import { send } from '../../api/client.ts'
import { useModels } from '../../api/models.ts'
import { useMay } from '../../api/session.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { faultAt } from '../../kit/faults.ts'
import { Field, TextField } from '../../kit/field.tsx'
import { Panel, Row, Stack } from '../../kit/page.tsx'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { tell } from '../../kit/toasts.tsx'
import { withNumbers } from '../../kit/typed.ts'
import { Unsaved } from '../../kit/unsaved.tsx'
import { type Agent, agentsPath, callOf, limitNames, limitNumbers, type Tool, type TypedAgent } from './agent.ts'
import css from './agents.module.css'
import { useTypedAgent } from './use-typed-agent.ts'

const limitLabels = {
  turns: 'Turns of its model',
  max_tokens: 'Tokens of an answer',
  tool_calls: 'Tool calls in a step',
  concurrency: 'Steps at a time',
}

/** Those that say what is wrong with them. */
const fields = [
  ...['type', 'system_prompt', 'capabilities', 'model_id', 'tools', 'allow'],
  ...limitNames.map((name) => `limits.${name}`),
]

/** The form of an agent. Without agents:write it is to be read. */
export function AgentEditor(props: { readonly agent: Agent | undefined; readonly tools: readonly Tool[] }): ReactNode {
  const { agent, tools } = props
  const typing = useTypedAgent(agent, new Set(tools.map(({ name }) => name)))
  const { typed, base, newer } = typing
  const mayWrite = useMay('agents:write')
  const queries = useQueryClient()
  const navigate = useNavigate()
  const call = callOf(typed, base)
  const save = useAction(
    {
      mutationFn: () => send<Agent>(withNumbers(call, limitNumbers)),
      onSuccess: async (saved) => {
        tell(`${saved.type} is saved as version ${saved.version}.`)
        typing.take(saved)
        queries.setQueryData([agentsPath, 'one', saved.type], saved)
        void queries.invalidateQueries({ queryKey: [agentsPath] })
        if (agent === undefined) await navigate(`/agents/registry/${encodeURIComponent(saved.type)}`)
      },
      // Somebody else may have saved meanwhile: then the page says so.
      onError: () => void queries.invalidateQueries({ queryKey: [agentsPath, 'one', typed.type] }),
    },
    call,
  )
  const { change } = typing
  const settle = (by: () => void): void => {
    by()
    save.reset()
  }
  const faultOf = (name: string): string | undefined => faultAt(save.error, name)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <fieldset disabled={!mayWrite} className={css.editor}>
        <div className={css.editorSide}>
          <Panel title="Role">
            <Stack>
              <Field
                label="Type"
                hint="By this name plans call it: small letters, digits, hyphens and underscores."
                required
                readOnly={agent !== undefined}
                value={typed.type}
                fault={faultOf('type')}
                onChange={({ target }) => change({ type: target.value })}
              />
              <TextField
                label="System prompt"
                hint="Its role. Left empty it is the built-in role’s, or that of a helpful agent."
                rows={9}
                value={typed.prompt}
                fault={faultOf('system_prompt')}
                onChange={({ target }) => change({ prompt: target.value })}
              />
              <TextField
                label="Capabilities, one a line"
                hint="What it is good for: the planner chooses by this."
                rows={4}
                value={typed.capabilities}
                fault={faultOf('capabilities')}
                onChange={({ target }) => change({ capabilities: target.value })}
              />
            </Stack>
          </Panel>
          <Panel title="Model and limits">
            <Stack>
              <ModelField value={typed.model} fault={faultOf('model_id')} onChange={(model) => change({ model })} />
              <div className={css.budgetFields}>
                {limitNames.map((name) => (
                  <Field
                    key={name}
                    label={limitLabels[name]}
                    inputMode="numeric"
                    placeholder="usual"
                    value={typed.limits[name] ?? ''}
                    fault={faultOf(`limits.${name}`)}
                    onChange={({ target }) => change({ limits: { ...typed.limits, [name]: target.value } })}
                  />
                ))}
              </div>
            </Stack>
          </Panel>
        </div>
        <ToolFields typed={typed} tools={tools} faultOf={faultOf} onChange={change} />
      </fieldset>
      <Unsaved work={typing.work} />
      <div className={css.editorEnd}>
        {newer && (
          <Notice tone="warn">
            <p>
              Somebody saved version {newer.version} while you changed version {base?.version}.
            </p>
            <Row>
              <Button size="small" onClick={() => settle(() => typing.take(newer))}>
                Discard mine, show version {newer.version}
              </Button>
              <Button size="small" onClick={() => settle(() => typing.keep(newer))}>
                Keep mine, to save it over version {newer.version}
              </Button>
            </Row>
          </Notice>
        )}
        {save.error !== null && <ProblemNotice error={save.error} fields={fields} />}
        {mayWrite && (
          <Row>
            <Button type="submit" look="primary" busy={save.isPending} disabled={typed.type.trim() === ''}>
              {agent === undefined ? 'Create the agent' : 'Save a new version'}
            </Button>
            <CopyCall call={call} />
          </Row>
        )}
      </div>
    </form>
  )
}

function ModelField(props: {
  readonly value: string
  readonly fault: string | undefined
  readonly onChange: (model: string) => void
}): ReactNode {
  const models = useModels()
  return (
    <>
      <Field
        label="Model"
        hint="Left empty it is the tenant’s, whichever that is then."
        placeholder="the tenant’s"
        list="agent-models"
        value={props.value}
        fault={props.fault}
        onChange={({ target }) => props.onChange(target.value)}
      />
      <datalist id="agent-models">
        {(models.data ?? []).map(({ model_id: id }) => (
          <option key={id} value={id} />
        ))}
      </datalist>
    </>
  )
}

function ToolFields(props: {
  readonly typed: TypedAgent
  readonly tools: readonly Tool[]
  readonly faultOf: (name: string) => string | undefined
  readonly onChange: (more: Partial<TypedAgent>) => void
}): ReactNode {
  const { typed, tools, faultOf, onChange } = props
  const toggle = (name: string, isChosen: boolean): void =>
    onChange({ tools: isChosen ? [...typed.tools, name] : typed.tools.filter((one) => one !== name) })
  return (
    <Panel title="Tools">
      <Stack>
        <ul className={css.tools} aria-label="Tools">
          {tools.map(({ name, description, permission }) => (
            <li key={name}>
              <label>
                <input
                  type="checkbox"
                  checked={typed.tools.includes(name)}
                  onChange={({ target }) => toggle(name, target.checked)}
                />
                <span>
                  <code>{name}</code>
                  <span className={css.note}>
                    {description}
                    {permission !== undefined && ` Takes ${permission} of whoever asks.`}
                  </span>
                </span>
              </label>
            </li>
          ))}
        </ul>
        <TextField
          label="Hosts and servers, one a line"
          hint="fetch_url:example.org for pages of a host; files.read_file or files.* for tools of a server that is set up for the tenant."
          rows={3}
          spellCheck={false}
          value={typed.otherTools}
          fault={faultOf('tools')}
          onChange={({ target }) => onChange({ otherTools: target.value })}
        />
        <TextField
          label="Allowed without asking, one a line"
          hint="Of its tools those that change something, and may be called without somebody’s approval."
          rows={2}
          spellCheck={false}
          value={typed.allow}
          fault={faultOf('allow')}
          onChange={({ target }) => onChange({ allow: target.value })}
        />
      </Stack>
    </Panel>
  )
}
