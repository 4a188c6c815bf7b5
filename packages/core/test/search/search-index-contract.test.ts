import { describeSearchIndexContract } from '../../src/contracts/index.ts'
import { patient, SearchSubject } from './support/search-subject.ts'

describeSearchIndexContract('SegmentSearchIndex over memory', { create: async () => new SearchSubject().subject() })
describeSearchIndexContract('SegmentSearchIndex over hostile stores', {
  create: async () => new SearchSubject(true).subject(patient),
})
