import { deflateSync } from 'node:zlib'

/** A piece of text on a page; from the bottom left corner, in points. */
export interface Placed {
  readonly text: string
  readonly x: number
  readonly y: number
  /** Default: 11. */
  readonly size?: number
  /** Written with a font of two bytes a character, which says by a table what each one is. */
  readonly wide?: boolean
}

export interface PageContent {
  readonly texts?: readonly Placed[]
  /** A JPEG over all of the page. */
  readonly image?: { readonly jpeg: Uint8Array; readonly width: number; readonly height: number }
  /** Operators as they are. */
  readonly operators?: string
  readonly width?: number
  readonly height?: number
}

/** A PDF of version 1.4 with a cross-reference table, written by hand. */
export class PdfFile {
  readonly #objects: Buffer[] = []

  static of(pages: readonly PageContent[], title?: string): Uint8Array<ArrayBuffer> {
    const file = new PdfFile()
    const catalog = file.reserve()
    const tree = file.reserve()
    const plain = file.add('<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>')
    const wide = file.#wideFont(
      pages.flatMap(({ texts = [] }) => texts.filter((one) => one.wide).map(({ text }) => text)).join(''),
    )
    const kids = pages.map((page) => file.#page(page, tree, `/P ${plain} 0 R/W ${wide} 0 R`))
    file.set(tree, `<</Type/Pages/Count ${kids.length}/Kids[${kids.map((kid) => `${kid} 0 R`).join(' ')}]>>`)
    file.set(catalog, `<</Type/Catalog/Pages ${tree} 0 R>>`)
    const info = title === undefined ? '' : `/Info ${file.add(`<</Title(${title})>>`)} 0 R`
    return file.bytes(`/Root ${catalog} 0 R${info}`)
  }

  reserve(): number {
    return this.#objects.push(Buffer.from('null'))
  }

  set(number: number, body: string | Buffer): void {
    this.#objects[number - 1] = Buffer.from(body)
  }

  add(body: string | Buffer): number {
    return this.#objects.push(Buffer.from(body))
  }

  stream(dictionary: string, data: Uint8Array): number {
    const head = `<<${dictionary}/Length ${data.length}>>\nstream\n`
    return this.add(Buffer.concat([Buffer.from(head), data, Buffer.from('\nendstream')]))
  }

  bytes(trailer: string): Uint8Array<ArrayBuffer> {
    const parts = [Buffer.from('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n', 'latin1')]
    let at = parts[0]?.length ?? 0
    const places = this.#objects.map((body, index) => {
      const object = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), body, Buffer.from('\nendobj\n')])
      parts.push(object)
      at += object.length
      return at - object.length
    })
    const rows = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('')
    const size = places.length + 1
    parts.push(
      Buffer.from(`xref\n0 ${size}\n0000000000 65535 f \n${rows}trailer\n<</Size ${size}${trailer}>>\nstartxref\n${at}\n%%EOF\n`),
    )
    return new Uint8Array(Buffer.concat(parts))
  }

  #page({ texts = [], image, operators = '', width = 595, height = 842 }: PageContent, tree: number, fonts: string): number {
    const show = texts.map(({ text, x, y, size = 11, wide }) => {
      const hex = Buffer.from(text, wide ? 'utf16le' : 'latin1')
      return `BT /${wide ? 'W' : 'P'} ${size} Tf 1 0 0 1 ${x} ${y} Tm <${(wide ? hex.swap16() : hex).toString('hex')}> Tj ET`
    })
    if (image) show.push(`q ${width} 0 0 ${height} 0 0 cm /I Do Q`)
    const content = this.stream('/Filter/FlateDecode', deflateSync(Buffer.from([...show, operators].join('\n'))))
    const drawn = image
      ? `/XObject<</I ${this.stream(`/Type/XObject/Subtype/Image/Width ${image.width}/Height ${image.height}/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode`, image.jpeg)} 0 R>>`
      : ''
    return this.add(
      `<</Type/Page/Parent ${tree} 0 R/MediaBox[0 0 ${width} ${height}]/Resources<</Font<<${fonts}>>${drawn}>>/Contents ${content} 0 R>>`,
    )
  }

  /** Characters by their UTF-16 code, each a thousandth of its size wide, and the table that says so. */
  #wideFont(text: string): number {
    const codes = [...new Set(text)].map((each) => each.charCodeAt(0).toString(16).padStart(4, '0'))
    const table = [
      '/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /T def /CMapType 2 def',
      '1 begincodespacerange <0000> <ffff> endcodespacerange',
      ...codes.map((code) => `1 beginbfchar <${code}> <${code}> endbfchar`),
      'endcmap CMapName currentdict /CMap defineresource pop end end',
    ].join('\n')
    const unicode = this.stream('', Buffer.from(table))
    const descriptor = this.add(
      '<</Type/FontDescriptor/FontName/Wide/Flags 4/FontBBox[0 0 1000 1000]/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700/StemV 80>>',
    )
    const descendant = this.add(
      `<</Type/Font/Subtype/CIDFontType2/BaseFont/Wide/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor ${descriptor} 0 R/DW 1000>>`,
    )
    return this.add(
      `<</Type/Font/Subtype/Type0/BaseFont/Wide/Encoding/Identity-H/DescendantFonts[${descendant} 0 R]/ToUnicode ${unicode} 0 R>>`,
    )
  }
}
