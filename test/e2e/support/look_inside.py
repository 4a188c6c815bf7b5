"""Looks into what a stack made: `python3 look_inside.py OUTPUTS SECRET`. Prints as JSON how much lies there, and where the secret is read."""

import json
import sys

import boto3

outputs, secret = json.loads(sys.argv[1]), sys.argv[2]
bucket, stream = outputs["BucketName"], outputs["StreamName"]
s3, sqs, kinesis = boto3.client("s3"), boto3.client("sqs"), boto3.client("kinesis")


def pages(service, operation, field, **arguments):
    return [each for page in boto3.client(service).get_paginator(operation).paginate(**arguments) for each in page.get(field, [])]


def received(url):
    """All messages, parsed."""
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in messages]
    return found


rows = pages("dynamodb", "scan", "Items", TableName=outputs["TableName"])
names = [each["Key"] for each in pages("s3", "list_objects_v2", "Contents", Bucket=bucket)]
objects = [s3.get_object(Bucket=bucket, Key=name)["Body"].read() for name in names]
records = []
for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
    at = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    records += kinesis.get_records(ShardIterator=at["ShardIterator"])["Records"]
queue = outputs["EventQueueUrl"].split("/")[-1]
events = received(sqs.get_queue_url(QueueName=queue)["QueueUrl"])
places = {"rows": rows, "names": names, "objects": objects, "records": records, "events": events}
print(
    json.dumps(
        {
            "rows": len(rows),
            "objects": len(objects),
            "records": len(records),
            "found": [place for place, content in places.items() if secret in repr(content)],
            "events": [{"source": each["source"], "detail-type": each["detail-type"]} for each in events],
            "notices": received(sqs.get_queue_url(QueueName="operators")["QueueUrl"]),
        }
    )
)
