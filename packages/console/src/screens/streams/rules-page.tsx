import { useQueryClient } from '@tanstack/react-query'
import { Pencil, Plus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useAction } from '../../api/action.ts'
import { send } from '../../api/client.ts'
import { setKnown } from '../../api/known.ts'
import { useMay } from '../../api/session.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button, ButtonLink } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { ConfirmButton } from '../../kit/dialog.tsx'
import { Page, Panel, Row } from '../../kit/page.tsx'
import { Empty, Loaded, NoPermission } from '../../kit/states.tsx'
import { Table } from '../../kit/table.tsx'
import { tell } from '../../kit/toasts.tsx'
import type { Rule, Rules } from './answers.ts'
import { BackTestPanel } from './back-test.tsx'
import type { TypedRule } from './rule-draft.ts'
import { RuleEditor } from './rule-editor.tsx'
import { wordsOf } from './rule-words.ts'
import { rulesPath, useRules } from './use-rules.ts'

/** When alerts are raised: three rules that always hold, and the own ones. */
export default function RulesPage(): ReactNode {
  const may = useMay('alerts:read')
  return may ? <Seen /> : <NoPermission permission="alerts:read" />
}

function Seen(): ReactNode {
  const query = useRules()
  const mayWrite = useMay('alerts:write')
  const mayTest = useMay('streams:read')
  const [edited, setEdited] = useState<Rule | 'new'>()
  const change = usePutRules()
  return (
    <Page
      title="Alert rules"
      about="A rule looks at each record, each closed window or each insight. Each is judged by itself; of one incident and one type there is one alert."
      actions={
        <>
          <ButtonLink to="/streams" look="quiet">
            All streams
          </ButtonLink>
          {mayWrite && (
            <Button look="primary" disabled={!query.data} onClick={() => setEdited('new')}>
              <Plus size={16} aria-hidden="true" /> New rule
            </Button>
          )}
        </>
      }
    >
      <Loaded query={query}>
        {(rules) => {
          const own = rules.items.filter(({ built_in }) => !built_in)
          const put = (next: readonly TypedRule[]): Promise<Rules> => change.mutateAsync({ rules: next, version: rules.version })
          return (
            <>
              <Panel title="Rules" flush actions={<CopyCall call={{ method: 'GET', path: rulesPath }} />}>
                <Table
                  name="Alert rules"
                  rows={rules.items}
                  keyOf={({ rule_id }) => rule_id}
                  columns={[
                    {
                      name: 'Rule',
                      show: ({ rule_id, name }) => (
                        <>
                          <strong>{name ?? rule_id}</strong>
                          {name !== undefined && <div>{rule_id}</div>}
                        </>
                      ),
                    },
                    { name: 'Raises', show: ({ alert_type }) => alert_type },
                    { name: 'When', show: wordsOf },
                    {
                      name: 'State',
                      show: ({ built_in, enabled }) =>
                        built_in ? (
                          <Badge>built in</Badge>
                        ) : enabled === false ? (
                          <Badge>off</Badge>
                        ) : (
                          <Badge tone="good">on</Badge>
                        ),
                    },
                    ...(mayWrite
                      ? [
                          {
                            name: 'Change',
                            show: (rule: Rule): ReactNode =>
                              !rule.built_in && (
                                <Row>
                                  <Button size="small" aria-label={`Edit ${rule.rule_id}`} onClick={() => setEdited(rule)}>
                                    <Pencil size={13} aria-hidden="true" /> Edit
                                  </Button>
                                  <ConfirmButton
                                    size="small"
                                    title={`Remove the rule ${rule.rule_id}?`}
                                    text="It raises no more alerts. Those that it raised stay."
                                    confirm="Remove the rule"
                                    onConfirm={() => put(own.filter(({ rule_id }) => rule_id !== rule.rule_id))}
                                  >
                                    Remove
                                  </ConfirmButton>
                                </Row>
                              ),
                          },
                        ]
                      : []),
                  ]}
                />
                {own.length === 0 && (
                  <Empty title="No rule of your own yet.">
                    The three that are built in hold without any.{' '}
                    {mayWrite && 'Add one for a threshold that you know, and test it back first.'}
                  </Empty>
                )}
              </Panel>
              {edited !== undefined && (
                <RuleEditor
                  rule={edited === 'new' ? undefined : edited}
                  others={own.filter(({ rule_id }) => edited === 'new' || rule_id !== edited.rule_id)}
                  version={rules.version}
                  save={put}
                  onClose={() => setEdited(undefined)}
                />
              )}
              {mayTest && <BackTestPanel />}
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

/** Rules are put as a whole, while nobody else has. */
function usePutRules() {
  const queries = useQueryClient()
  return useAction({
    mutationFn: (body: { readonly rules: readonly TypedRule[]; readonly version: number }) =>
      send<Rules>({ method: 'PUT', path: rulesPath, body }),
    onSuccess: async (rules) => {
      await setKnown(queries, [rulesPath], () => rules)
      tell('The rules are set.')
    },
    onError: () => queries.invalidateQueries({ queryKey: [rulesPath] }),
  })
}
