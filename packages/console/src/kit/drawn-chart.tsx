import { type ReactNode, useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

export interface TimeSeries {
  readonly name: string
  /** The name of a colour of the theme, such as `--chart-1`. */
  readonly colour: string
  readonly values: readonly (number | null)[]
  /** Points alone, without a line. */
  readonly isMarks?: boolean
  /** The edge of a band: without a line of its own. */
  readonly isEdge?: boolean
  readonly format?: (value: number) => string
}

/** The area between two series, by their places. */
export interface Band {
  readonly upper: number
  readonly lower: number
  readonly colour: string
}

/**
 * Lines over time, drawn on a canvas. What it shows has to stand in words beside it as well: a canvas says nothing to
 * screen readers but its name.
 * @param props.times milliseconds UTC, ascending; each series has a value for each, or null.
 */
export default function DrawnChart(props: {
  readonly name: string
  readonly times: readonly number[]
  readonly series: readonly TimeSeries[]
  readonly bands?: readonly Band[]
  readonly height: number
  /** Usually there is one where there are several series; what it says may stand beside the chart instead. */
  readonly legend?: boolean
  /** Whether the values begin at 0, as counts do. */
  readonly fromZero?: boolean
}): ReactNode {
  const { name, times, series, bands = [], height, legend = series.length > 1, fromZero = false } = props
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  const data: uPlot.AlignedData = [times.map((at) => at / 1000), ...series.map(({ values }) => [...values])]
  const latest = useRef(data)
  latest.current = data
  const form = JSON.stringify([
    series.map(({ name, colour, isMarks }) => [name, colour, isMarks]),
    bands,
    height,
    legend,
    fromZero,
  ])
  // biome-ignore lint/correctness/useExhaustiveDependencies: `form` stands for all that the chart is made of; values are set below
  useEffect(() => {
    const element = box.current
    if (!element) return
    const draw = (): void => {
      chart.current?.destroy()
      chart.current = new uPlot(optionsOf(element, { series, bands, height, legend, fromZero }), latest.current, element)
    }
    draw()
    const sized = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height }))
    sized.observe(element)
    addEventListener('themechange', draw)
    return () => {
      removeEventListener('themechange', draw)
      sized.disconnect()
      chart.current?.destroy()
      chart.current = undefined
    }
  }, [form])
  useEffect(() => chart.current?.setData(data))
  return <div ref={box} role="img" aria-label={name} style={{ minHeight: height }} />
}

function optionsOf(
  element: HTMLElement,
  {
    series,
    bands,
    height,
    legend,
    fromZero,
  }: {
    readonly series: readonly TimeSeries[]
    readonly bands: readonly Band[]
    readonly height: number
    readonly legend: boolean
    readonly fromZero: boolean
  },
): uPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const colourOf = (colour: string): string => style.getPropertyValue(colour)
  const axis: uPlot.Axis = {
    stroke: colourOf('--muted'),
    grid: { stroke: colourOf('--line'), width: 1 },
    ticks: { stroke: colourOf('--line'), width: 1 },
    font: '12px "Inter Variable", system-ui, sans-serif',
  }
  const format = series.find((one) => one.format)?.format
  return {
    width: element.clientWidth,
    height,
    legend: { show: legend },
    ...(fromZero ? { scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } } } : {}),
    axes: [
      { ...axis, size: 34, values: (_, at, __, ___, step) => at.map((each) => wordOf(each, step)) },
      { ...axis, size: 62, ...(format ? { values: (_, splits) => splits.map((value) => format(value)) } : {}) },
    ],
    series: [
      {},
      ...series.map(
        ({ name, colour, isMarks = false, isEdge = false, format: own }): uPlot.Series => ({
          label: name,
          stroke: colourOf(colour),
          width: isMarks || isEdge ? 0 : 1.6,
          points: isMarks
            ? { show: true, size: 9, fill: colourOf(colour) }
            : { show: true, size: 5, fill: colourOf(colour), filter: alone },
          ...(own ? { value: (_, value) => (value === null ? '–' : own(value)) } : {}),
        }),
      ),
    ],
    bands: bands.map(({ upper, lower, colour }) => ({ series: [upper + 1, lower + 1], fill: colourOf(colour) })),
  }
}

/** Values without a neighbour: no line goes there, so that a point has to be seen. */
function alone({ data }: uPlot, index: number): number[] {
  const values = data[index] ?? []
  const isThere = (place: number): boolean => values[place] !== null && values[place] !== undefined
  return [...values.keys()].filter((place) => isThere(place) && !isThere(place - 1) && !isThere(place + 1))
}

const ofDays = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const ofMinutes = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const ofSeconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** A time on the axis, seconds, as the rest of the page says times; midnight is its day. @param step between two of them. */
function wordOf(at: number, step: number): string {
  const date = new Date(at * 1_000)
  const isMidnight = date.getHours() + date.getMinutes() + date.getSeconds() === 0
  if (step >= 86_400 || (isMidnight && step >= 60)) return ofDays.format(date)
  return (step >= 60 ? ofMinutes : ofSeconds).format(date)
}
