"""Deploys what `plinth synth` wrote, as `cdk deploy` does: `python3 deploy_stack.py OUT ENDPOINT STACK`. Prints as JSON what was made."""

import io
import json
import os
import sys
import zipfile

import boto3
from botocore.config import Config

OUT, ENDPOINT, STACK = sys.argv[1:]


def client(service):
    return boto3.client(service, endpoint_url=ENDPOINT, config=Config(retries={"total_max_attempts": 1}, read_timeout=300))


def listed(service, operation, field, **arguments):
    return [each for page in client(service).get_paginator(operation).paginate(**arguments) for each in page[field]]


def zipped(folder):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for place, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(place, name)
                archive.write(path, os.path.relpath(path, folder))
    return packed.getvalue()


def bootstrap(account, region):
    """What `cdk bootstrap` leaves, as far as a stack asks for it."""
    bucket = f"cdk-hnb659fds-assets-{account}-{region}"
    client("s3").create_bucket(Bucket=bucket)
    client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="6", Type="String")
    return bucket


def upload(bucket):
    """@returns where the template lies."""
    with open(os.path.join(OUT, f"{STACK}.assets.json"), encoding="utf8") as file:
        files = json.load(file)["files"]
    for asset in files.values():
        path = os.path.join(OUT, asset["source"]["path"])
        [destination] = asset["destinations"].values()
        if asset["source"]["packaging"] == "zip":
            content = zipped(path)
        else:
            with open(path, "rb") as file:
                content = file.read()
        client("s3").put_object(Bucket=bucket, Key=destination["objectKey"], Body=content)
        if path.endswith(".template.json"):
            template = f"https://{bucket}.s3.amazonaws.com/{destination['objectKey']}"
    return template


account = client("sts").get_caller_identity()["Account"]
formation = client("cloudformation")
url = upload(bootstrap(account, os.environ["AWS_DEFAULT_REGION"]))
formation.create_stack(StackName=STACK, TemplateURL=url, Capabilities=["CAPABILITY_NAMED_IAM"])
formation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
[stack] = formation.describe_stacks(StackName=STACK)["Stacks"]
resources = listed("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=STACK)
functions = listed("lambda", "list_functions", "Functions")
mappings = listed("lambda", "list_event_source_mappings", "EventSourceMappings")
print(
    json.dumps(
        {
            "status": stack["StackStatus"],
            "outputs": {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]},
            "resources": {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources},
            "variables": {each["FunctionName"]: each["Environment"]["Variables"] for each in functions},
            "mappings": [
                {"function": each["FunctionArn"].split(":")[-1], "source": each["EventSourceArn"], "batch_size": each["BatchSize"]}
                for each in mappings
            ],
        }
    )
)
