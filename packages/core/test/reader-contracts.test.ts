import { describeDocumentReaderContract, describeOcrContract } from '../src/contracts/index.ts'
import { plainTextReader } from '../src/rag/plain-text-reader.ts'
import { MemoryOcr, memoryImage } from '../src/testing/index.ts'

const textAlone = 'it reads plain text alone; packages/documents reads the other kinds'

describeDocumentReaderContract('plainTextReader', {
  create: async () => ({ port: { reader: plainTextReader }, dispose: async () => {} }),
  unsupported: {
    'Markdown is read as it was sent, with its headings as contexts': textAlone,
    'CSV is read as it was sent, with its header row as context': textAlone,
    'JSON is read as it was sent': textAlone,
    'HTML gives its words block by block, tables a row a line, and nothing of its markup': textAlone,
    'a Word document gives its words block by block': textAlone,
    'a PDF gives its words, and where each page begins: the first at 0, in order': textAlone,
    'an image gives the words that can be seen in it': textAlone,
    'a file that is damaged or mislabelled is refused, and harms no file that is read beside it': textAlone,
    'the extension of a name says what is text of another kind': textAlone,
  },
})

describeOcrContract('MemoryOcr', {
  create: async () => ({ port: { ocr: new MemoryOcr(), image: memoryImage }, dispose: async () => {} }),
})
