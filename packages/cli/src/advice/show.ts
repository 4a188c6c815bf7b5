import { type Advice, roadmapMarkdown } from '@plinth/core'
import { table } from '../table.ts'
import { type Section, sectionsOf } from './sections.ts'

/** Advice for a terminal. */
export function shownAdvice(advice: Advice): readonly string[] {
  return [
    ...sectionsOf(advice).flatMap(({ title, sentences = [], table: cells }) => [
      title,
      ...sentences.map((sentence) => `  ${sentence}`),
      ...(cells ? table(cells.head, cells.rows, cells.numbers).map((line) => `  ${line}`) : []),
      '',
    ]),
    'Roadmap',
    ...advice.roadmap.flatMap(({ phase, name, weeks, tasks }) => [
      `  Phase ${phase}: ${name} (weeks ${weeks})`,
      ...tasks.map(({ task, how }) => `    ${task} ${how}`),
    ]),
  ]
}

/** The same as a document. */
export function adviceMarkdown(advice: Advice): string {
  return `# Advice\n\n${sectionsOf(advice).map(sectionMarkdown).join('\n')}\n${roadmapMarkdown(advice.roadmap)}`
}

function sectionMarkdown({ title, sentences = [], table: cells }: Section): string {
  const rows = cells
    ? [cells.head, cells.head.map((_, column) => (cells.numbers.has(column) ? '--:' : '---')), ...cells.rows]
    : []
  const lines = [
    ...sentences.map((sentence) => `- ${escaped(sentence)}`),
    ...rows.map((row) => `| ${row.map(escaped).join(' | ')} |`),
  ]
  return `## ${title}\n\n${lines.join('\n')}\n`
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|')
}
