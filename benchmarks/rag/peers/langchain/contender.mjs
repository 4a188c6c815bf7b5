/** LangChain.js: its vector store in memory, and its splitter. It finds by vectors only, and keeps nothing. @module */
import { MemoryVectorStore } from '@langchain/classic/vectorstores/memory'
import { Document } from '@langchain/core/documents'
import { Embeddings } from '@langchain/core/embeddings'
import { RecursiveCharacterTextSplitter } from '@langchain/textsplitters'

/** About as long as our chunks. */
const chunkSize = 750
const chunkOverlap = 100

/** Vectors are given; asked for one, it has failed. */
class NoEmbeddings extends Embeddings {
  embedDocuments() {
    throw new Error('Vectors are given.')
  }

  embedQuery() {
    throw new Error('Vectors are given.')
  }
}

export async function open() {
  const store = new MemoryVectorStore(new NoEmbeddings({}))
  const splitter = new RecursiveCharacterTextSplitter({ chunkSize, chunkOverlap })
  return {
    parallel: 1,
    addVectors: async (group) => {
      const documents = group.flatMap(({ first, chunks }) =>
        chunks.map(({ text }, ordinal) => new Document({ pageContent: text, metadata: { number: first + ordinal } })),
      )
      await store.addVectors(
        group.flatMap(({ vectors }) => vectors.map((vector) => Array.from(vector))),
        documents,
      )
    },
    /** Splits texts and adds what comes out. @param vectors one for each chunk, from the first on. @returns how many chunks. */
    addDocuments: async (texts, vectors) => {
      const documents = await splitter.createDocuments(texts)
      await store.addVectors(vectors.slice(0, documents.length), documents)
      return documents.length
    },
    searches: {
      vector: async ({ vector }, limit) => {
        const found = await store.similaritySearchVectorWithScore(Array.from(vector), limit)
        return found.map(([{ metadata }]) => metadata.number)
      },
    },
    close: () => {},
  }
}
