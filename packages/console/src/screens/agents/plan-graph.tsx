import '@xyflow/react/dist/base.css'
import {
  Controls,
  type Edge,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react'
import { type ReactNode, useEffect, useMemo } from 'react'
import { type Drawing, drawingOf } from './places.ts'
import css from './plan-graph.module.css'
import { factsOf, nameOfStep, statusIcons } from './step-words.tsx'
import { type PlannedStep, runOf, type StepRun, type Workflow } from './workflow.ts'

/** Pixels, before the graph is fitted into its box. */
const nodeWidth = 212
const nodeHeight = 92
const betweenLevels = 64
const betweenSteps = 22
const leastHeight = 260
const mostHeight = 560

interface StepData extends Record<string, unknown> {
  readonly step: PlannedStep
  readonly run: StepRun | undefined
  readonly chosen: boolean
  readonly onChoose: (id: string) => void
}

type StepNode = Node<StepData, 'step'>

interface Given {
  readonly workflow: Workflow
  readonly levels: readonly (readonly PlannedStep[])[]
  readonly chosen: string | undefined
  readonly onChoose: (id: string) => void
}

/** The plan drawn from left to right: what stands in one column can run side by side. */
export default function PlanGraph(given: Given): ReactNode {
  return (
    <ReactFlowProvider>
      <Drawn {...given} />
    </ReactFlowProvider>
  )
}

function Drawn({ workflow, levels, chosen, onChoose }: Given): ReactNode {
  const drawing = useMemo(() => drawingOf(levels), [levels])
  const nodes = nodesOf(drawing, { workflow, levels, chosen, onChoose })
  const edges = edgesOf(drawing, workflow)
  const height = Math.min(mostHeight, Math.max(leastHeight, drawing.rows * (nodeHeight + betweenSteps) + 60))
  const shape = levels.map((level) => level.map(({ id }) => id).join(' ')).join('|')
  return (
    <div className={css.box} style={{ height }}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        fitView
        fitViewOptions={fit}
        minZoom={0.1}
        maxZoom={1.5}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        onlyRenderVisibleElements={nodes.length > 200}
        aria-label="The plan as a graph. The tab Steps says the same as a list."
      >
        <Controls showInteractive={false} position="bottom-right" />
        <Refit shape={`${shape} ${chosen !== undefined}`} />
      </ReactFlow>
    </div>
  )
}

const fit = { padding: 0.08, maxZoom: 1 }

/** Fits the graph anew where the plan has another shape, or the box another width. */
function Refit({ shape }: { readonly shape: string }): ReactNode {
  const { fitView } = useReactFlow()
  useEffect(() => {
    const frame = requestAnimationFrame(() => shape && void fitView(fit))
    return () => cancelAnimationFrame(frame)
  }, [shape, fitView])
  useEffect(() => {
    const refit = (): void => void fitView(fit)
    addEventListener('resize', refit)
    return () => removeEventListener('resize', refit)
  }, [fitView])
  return null
}

function nodesOf({ places }: Drawing, { workflow, levels, chosen, onChoose }: Given): StepNode[] {
  return levels.flat().map((step) => {
    const { column, row } = places.get(step.id) ?? { column: 0, row: 0 }
    return {
      id: step.id,
      type: 'step' as const,
      position: { x: column * (nodeWidth + betweenLevels), y: row * (nodeHeight + betweenSteps) },
      width: nodeWidth,
      height: nodeHeight,
      data: { step, run: runOf(workflow, step.id), chosen: step.id === chosen, onChoose },
    }
  })
}

function edgesOf({ needs }: Drawing, workflow: Workflow): Edge[] {
  return [...needs].flatMap(([id, dependencies]) =>
    dependencies.map((from) => {
      const isDone = runOf(workflow, from)?.status === 'completed'
      const isUsed = runOf(workflow, id)?.status === 'running'
      return {
        id: `${from} ${id}`,
        source: from,
        target: id,
        animated: isUsed,
        className: (isUsed ? css.flowing : isDone ? css.done : css.edge) ?? '',
        markerEnd: {
          type: MarkerType.ArrowClosed,
          width: 16,
          height: 16,
          color: `var(${isUsed ? '--accent' : isDone ? '--good' : '--line-strong'})`,
        },
      }
    }),
  )
}

function StepBox({ data: { step, run, chosen, onChoose } }: NodeProps<StepNode>): ReactNode {
  const status = run?.status ?? 'pending'
  const Icon = statusIcons[status]
  const facts = factsOf(run)
  return (
    <>
      <Handle type="target" position={Position.Left} className={css.handle} />
      <button
        type="button"
        className={`${css.node} nodrag nopan`}
        data-status={status}
        aria-current={chosen ? 'true' : undefined}
        onClick={() => onChoose(step.id)}
      >
        <span className={css.head}>
          <span className={css.icon} aria-hidden="true">
            <Icon size={13} />
          </span>
          <span className={css.name}>{nameOfStep(step.id)}</span>
          {run?.criteria === 'met' && <span className={css.met}>criteria met</span>}
        </span>
        <span className={css.agent}>{step.agent_type}</span>
        <span className={css.facts}>
          <span>{run?.again_at ? 'is tried again' : status.replaceAll('_', ' ')}</span>
          {facts.length > 0 && <span> · {facts.slice(0, 2).join(' · ')}</span>}
        </span>
      </button>
      <Handle type="source" position={Position.Right} className={css.handle} />
    </>
  )
}

const nodeTypes = { step: StepBox }
