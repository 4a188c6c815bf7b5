/** Filling a schema from what the text says: the chooser whose every decision has its reason in a sentence. @module */
import type { JsonValue } from '@plinth/core'
import type { Chooser, Field } from '../schema/choose.ts'
import { choicesOf, type Schema, schemasOf, typesOf } from '../schema/read.ts'
import { type Bounds, formats } from '../schema/scalars.ts'
import { smallest } from '../schema/smallest.ts'
import { degreeOf, denies, readScale, relatedTo, type Scale, sentiment, severity } from './cues.ts'
import { type Evidence, rank, type Sentence } from './evidence.ts'
import { figuresNear, figuresOf } from './numbers.ts'
import { contentWords, nameWords } from './words.ts'

/** What there is to fill a schema from. */
export interface Material {
  readonly evidence: Evidence
  /** The request in the prompt's words. */
  readonly request: string
  /** Sentences in the order in which they serve when none fits the field: those that answer the request, then a summary. */
  readonly fallback: readonly number[]
  /** The share of the request that the text covers, 0 to 1. */
  readonly coverage: number
}

const mostItems = 5
const certainty = /confiden|probab|certain|likelihood/i
const degree = /priorit|sever|urgen|level|rating|risk|grade|importance/i
const identifier = /^(?:id|key|slug|code)$|_id$|Id$/
const listOfReferences = /^(?:depend|parent|referenc)|_ids$|Ids$/i
const heading = /^(?:title|name|label|subject|heading)$/i

/** A chooser over all of the material. */
export function chooserFor(material: Material): Chooser {
  return new EvidenceChooser(material, new Set(), 'item-1', undefined)
}

class EvidenceChooser implements Chooser {
  readonly #material: Material
  /** Sentences that serve already: each is told once, as long as there are others. */
  readonly #used: Set<number>
  /** Within an item of an array: its name, as in `step-1`, and the sentence that it is about. */
  readonly #name: string
  readonly #anchor: number | undefined

  constructor(material: Material, used: Set<number>, name: string, anchor: number | undefined) {
    this.#material = material
    this.#used = used
    this.#name = name
    this.#anchor = anchor
  }

  branches(branches: readonly Schema[], field: Field): readonly number[] {
    const named = this.#ranked(field).length > 0
    const fit = (schema: Schema | undefined): number => {
      if (schema === undefined || typesOf(schema).includes('null')) return named ? -1 : 1
      const choices =
        choicesOf(schema) ?? [...schemasOf(schema.properties).values()].flatMap((part) => (part && choicesOf(part)) || [])
      const words = [
        ...choices.flatMap((choice) => nameWords(String(choice))),
        ...[...schemasOf(schema.properties).keys()].flatMap(nameWords),
      ]
      return words.reduce((sum, word) => sum + (this.#material.evidence.places.has(word) ? 1 : 0), 0) / Math.max(1, words.length)
    }
    return branches.map((_, at) => at).sort((one, two) => fit(branches[two]) - fit(branches[one]) || one - two)
  }

  option(options: readonly JsonValue[], field: Field): JsonValue {
    const first = options[0] as JsonValue
    if (options.length === 1) return first
    if (options.every((option) => typeof option === 'number')) return this.#nearest(options, field)
    const sentences = this.#sentences()
    const words = options.map((option) => new Set(nameWords(String(option))))
    const votes = options.map(() => 0)
    for (const sentence of sentences) {
      const named = words.flatMap((own, at) =>
        own.size > 0 && [...own].every((word) => sentence.words.includes(word)) ? [at] : [],
      )
      // A sentence that names several lists the choices; it speaks for none.
      if (named.length === 1 && !denies(sentence.text)) votes[named[0] as number] = (votes[named[0] as number] ?? 0) + 2
    }
    for (const scale of [severity, sentiment]) this.#voteByScale(scale, options, sentences, votes)
    const most = Math.max(...votes)
    if (most > 0) return options[votes.indexOf(most)] as JsonValue
    return options.find((option) => /^(?:unknown|other|none|neutral|n\/?a)$/i.test(String(option))) ?? first
  }

  #voteByScale(scale: Scale, options: readonly JsonValue[], sentences: readonly Sentence[], votes: number[]): void {
    const degrees = options.map((option) => scale.names.findIndex((names) => names.includes(String(option).toLowerCase())))
    if (new Set(degrees.filter((at) => at >= 0)).size < 2) return
    const found = degreeOf(readScale(scale, sentences))
    if (found === undefined) return
    const wanted = Math.round((1 - found) * (scale.names.length - 1))
    const distance = (at: number): number => (at < 0 ? Infinity : Math.abs(at - wanted))
    const best = degrees.reduce((least, at, option) => (distance(at) < distance(degrees[least] as number) ? option : least), 0)
    if (distance(degrees[best] as number) < Infinity) votes[best] = (votes[best] ?? 0) + 3
  }

  #nearest(options: readonly number[], field: Field): number {
    const wish = this.number(field, { least: Math.min(...options), most: Math.max(...options), integer: false })
    return options.reduce((best, option) => (Math.abs(option - wish) < Math.abs(best - wish) ? option : best))
  }

  text(field: Field, schema: Schema): string {
    const { evidence, request } = this.#material
    const { format } = schema
    if (typeof format === 'string' && Object.hasOwn(formats, format)) return this.#formatted(formats[format]?.find as RegExp)
    if (identifier.test(field.name)) return this.#name
    const at = this.#bestSentence(field)
    if (at === undefined) return request === '' ? 'The prompt holds no text to take this from.' : request.slice(0, 500)
    const text = evidence.sentences[at]?.text ?? ''
    if (heading.test(field.name)) return firstWords(text)
    this.#used.add(at)
    return text
  }

  #formatted(find: RegExp): string {
    for (const { text } of [...this.#sentences(), { text: this.#material.request.slice(0, 5000) }]) {
      const found = text.match(find)?.[0]
      if (found !== undefined) return found
    }
    return ''
  }

  #bestSentence(field: Field): number | undefined {
    const ranked = this.#ranked(field).map(({ at }) => at)
    const order = this.#anchor === undefined ? [...ranked, ...this.#material.fallback] : [this.#anchor, ...ranked]
    return order.find((at) => !this.#used.has(at)) ?? order[0]
  }

  number(field: Field, { least, most, integer }: Bounds): number {
    const fitting = (value: number): boolean => value >= least && value <= most && (!integer || Number.isInteger(value))
    const words = new Set([...nameWords(field.name), ...contentWords(field.description)])
    const places = this.#anchor === undefined ? this.#ranked(field).slice(0, 20) : [{ at: this.#anchor }]
    for (const { at } of places) {
      for (const { value, percent } of figuresNear(this.#material.evidence.sentences[at]?.text ?? '', words)) {
        const share = percent && most <= 1 ? value / 100 : value
        if (fitting(share)) return share
      }
    }
    if (certainty.test(field.name)) return Math.max(0, least) + (Math.min(1, most) - Math.max(0, least)) * this.#confidence()
    if (degree.test(field.name) && Number.isFinite(most - least))
      return least + (most - least) * (degreeOf(this.#severity()) ?? 0.5)
    if (this.#anchor === undefined) return 0
    return figuresOf(this.#material.evidence.sentences[this.#anchor]?.text ?? '').find(({ value }) => fitting(value))?.value ?? 0
  }

  /** With a request that the text covers, the share covered; else how much the cues for a degree agree, if there are any. */
  #confidence(): number {
    const { coverage } = this.#material
    const counts = this.#severity()
    const all = counts.reduce((sum, count) => sum + count, 0)
    const share = coverage > 0 ? coverage : all === 0 ? 0.3 : 0.4 + (0.5 * Math.max(...counts)) / all
    return Math.round(share * 100) / 100
  }

  #severity(): readonly number[] {
    return readScale(severity, this.#sentences())
  }

  boolean(field: Field): boolean {
    const at = this.#anchor ?? this.#ranked(field)[0]?.at
    const text = at === undefined ? undefined : this.#material.evidence.sentences[at]?.text
    if (text === undefined) return false
    return !denies(text) && !/\b(?:false|off|disabled|absent)\b|:\s*no\b/i.test(text)
  }

  items(field: Field, schema: Schema): { readonly count: number; readonly item: (index: number) => Chooser } {
    const { evidence, fallback } = this.#material
    const named = this.#ranked(field).map(({ at }) => at)
    const all = listOfReferences.test(field.name) ? [] : [...new Set([...named, ...fallback])]
    if (typesOf(schema).some((type) => type === 'number' || type === 'integer')) {
      const figures = figuresOf(evidence.sentences[this.#anchor ?? all[0] ?? -1]?.text ?? '').slice(0, mostItems * 4)
      return { count: figures.length, item: (index) => ({ ...smallest, number: () => figures[index]?.value ?? 0 }) }
    }
    const anchors = (named.length > 0 ? named : all).slice(0, mostItems)
    const single = field.name.replace(/s$/, '').slice(0, 40) || 'item'
    return {
      count: this.#anchor === undefined ? Math.min(anchors.length, all.length) : Math.min(1, all.length),
      item: (index) =>
        new EvidenceChooser(this.#material, this.#used, `${single}-${index + 1}`, anchors[index] ?? all[index] ?? this.#anchor),
    }
  }

  optional(): boolean {
    return true
  }

  #ranked(field: Field): readonly { readonly at: number }[] {
    const weights = new Map<string, number>()
    const name = nameWords(field.name)
    for (const word of name.flatMap(relatedTo)) weights.set(word, 0.5)
    for (const word of contentWords(field.description)) weights.set(word, 1)
    for (const word of name) weights.set(word, 2)
    return rank(this.#material.evidence, weights)
  }

  /** What options and degrees are read off: the item's sentence, or all. */
  #sentences(): readonly Sentence[] {
    const { sentences } = this.#material.evidence
    return this.#anchor === undefined ? sentences : sentences.slice(this.#anchor, this.#anchor + 1)
  }
}

function firstWords(text: string): string {
  const words = text.split(/\s+/, 8).join(' ')
  return words.replace(/[.,;:!?]{1,20}$/, '')
}
