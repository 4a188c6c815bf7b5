/**
 * The sequence of an entry: that of its record, a number of up to 129 digits, and its place in the record. The digits stand behind
 * their count, so that the order of bytes is that of the numbers, over all shards that a partition's records come to lie in: those of a
 * shard's children are greater than its own, as Kinesis begins them with the time at which a shard was made.
 * @param record as Kinesis says it: decimal.
 * @param index from 0.
 */
export function entrySequence(record: string, index: number): string {
  return `${String(record.length).padStart(3, '0')}${record}.${String(index).padStart(3, '0')}`
}
