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
  useStore,
  type Viewport,
} from '@xyflow/react'
import { type ReactNode, useEffect, useMemo, useRef } from 'react'
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
  const moved = useRef(false)
  const move = (): void => {
    moved.current = true
  }
  return (
    <div className={css.box} style={{ height }}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        minZoom={0.02}
        maxZoom={1.5}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        onlyRenderVisibleElements={nodes.length > 200}
        // Without an event it is the page's own doing.
        onMoveStart={(event) => event && move()}
        aria-label="The plan as a graph. The tab Steps says the same as a list."
      >
        <Controls
          showInteractive={false}
          position="bottom-right"
          fitViewOptions={{ padding }}
          onZoomIn={move}
          onZoomOut={move}
          onFitView={move}
        />
        <View nodes={nodes} shape={shape} chosen={chosen} moved={moved} />
      </ReactFlow>
    </div>
  )
}

/** Of the box, left free around the graph. */
const padding = 0.08
/** Smaller, a step can't be read. */
const leastZoom = 0.6

/**
 * Shows the whole graph where it can be read, and else the step that matters: the one that is chosen, or the one that the workflow is at,
 * until somebody looks elsewhere.
 */
function View(props: {
  readonly nodes: readonly StepNode[]
  readonly shape: string
  readonly chosen: string | undefined
  readonly moved: { current: boolean }
}): ReactNode {
  const { nodes, shape, chosen, moved } = props
  const { setViewport } = useReactFlow()
  const width = useStore((store) => store.width)
  const height = useStore((store) => store.height)
  const known = useRef('')
  const { x, y, zoom } = viewportOf(nodes, chosen ?? stepAt(nodes), { width, height })
  useEffect(() => {
    if (width === 0 || height === 0) return
    const given = [shape, chosen, width, height].join('|')
    if (given === known.current && moved.current) return
    known.current = given
    moved.current = false
    void setViewport({ x, y, zoom })
  }, [shape, chosen, width, height, x, y, zoom, moved, setViewport])
  return null
}

/** Where the workflow is: at a step that runs or waits, else at the one that failed, or that comes next. */
function stepAt(nodes: readonly StepNode[]): string | undefined {
  for (const status of ['running', 'awaiting_approval', 'failed', 'pending'])
    for (const { id, data } of nodes) if ((data.run?.status ?? 'pending') === status) return id
  return undefined
}

interface Box {
  readonly width: number
  readonly height: number
}

function viewportOf(nodes: readonly StepNode[], id: string | undefined, { width, height }: Box): Viewport {
  const node = nodes.find((one) => one.id === id) ?? nodes[0]
  const across = axisOf(
    nodes.map(({ position }) => position.x),
    nodeWidth,
    width,
  )
  const down = axisOf(
    nodes.map(({ position }) => position.y),
    nodeHeight,
    height,
  )
  const zoom = Math.min(1, Math.max(leastZoom, Math.min(across.fitting, down.fitting)))
  return { x: across.at(zoom, node?.position.x ?? 0), y: down.at(zoom, node?.position.y ?? 0), zoom }
}

/** One direction: the zoom at which all of it has room, and where it begins so that it is in the middle, or the node is, where there is none. */
function axisOf(
  places: readonly number[],
  size: number,
  room: number,
): { readonly fitting: number; at(zoom: number, place: number): number } {
  const least = places.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY)
  const most = places.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY) + size
  const free = room * padding
  return {
    fitting: (room - 2 * free) / (most - least),
    at(zoom, place) {
      if ((most - least) * zoom <= room - 2 * free) return room / 2 - ((least + most) / 2) * zoom
      const centred = room / 2 - (place + size / 2) * zoom
      // No emptiness beyond an end while there is something at the other one.
      return Math.min(free - least * zoom, Math.max(room - free - most * zoom, centred))
    },
  }
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
