declare module '@tesseract.js-data/eng' {
  const language: {
    readonly code: string
    readonly gzip: boolean
    /** The folder of the larger of the two sets of data. */
    readonly langPath: string
  }
  export default language
}
