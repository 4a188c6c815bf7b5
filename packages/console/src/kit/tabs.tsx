import { Tabs as Base } from '@base-ui/react/tabs'
import type { ReactNode } from 'react'
import { useSearchParams } from 'react-router'
import css from './kit.module.css'
import { ShownBy } from './unsaved.tsx'

export interface Tab {
  /** In the address. */
  readonly id: string
  readonly name: string
  readonly show: () => ReactNode
}

/** Parts of a screen, one in sight; which one stands in the address, so that it can be linked to. */
export function Tabs(props: { readonly name: string; readonly tabs: readonly Tab[]; readonly parameter?: string }): ReactNode {
  const { name, tabs, parameter = 'tab' } = props
  const [query, setQuery] = useSearchParams()
  const asked = query.get(parameter)
  const shown = tabs.find(({ id }) => id === asked) ?? tabs[0]
  const open = (id: string): void =>
    setQuery((before) => {
      before.set(parameter, id)
      return before
    })
  return (
    <Base.Root value={shown?.id ?? null} onValueChange={(id) => open(String(id))}>
      <Base.List className={css.tabList} aria-label={name}>
        {tabs.map((tab) => (
          <Base.Tab key={tab.id} value={tab.id} className={css.tab}>
            {tab.name}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map((tab) => (
        <Base.Panel key={tab.id} value={tab.id} className={css.tabPanel}>
          <ShownBy parameter={parameter}>{tab.show()}</ShownBy>
        </Base.Panel>
      ))}
    </Base.Root>
  )
}
