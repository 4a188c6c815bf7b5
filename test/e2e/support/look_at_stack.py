"""Looks at a deployed stack as any client of the account would: `python3 look_at_stack.py TEMPLATE STACK`.

Compares each resource, as its own service describes it, with what the template says in so many words; what the template computes is
left out. Prints as JSON how many of each type were looked at, and what differs.
"""

import json
import sys
from collections import Counter

import boto3

TEMPLATE, STACK = sys.argv[1:]
with open(TEMPLATE, encoding="utf8") as file:
    resources = json.load(file)["Resources"]
clients = {}


def client(service):
    return clients.setdefault(service, boto3.client(service))


def listed(service, operation, field, **arguments):
    return [each for page in client(service).get_paginator(operation).paginate(**arguments) for each in page[field]]


ids = {
    each["LogicalResourceId"]: each["PhysicalResourceId"]
    for each in listed("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=STACK)
}


def reference(value):
    if isinstance(value, str):
        return value
    if "Ref" in value:
        return ids[value["Ref"]]
    api, attribute = value["Fn::GetAtt"]
    assert attribute == "RootResourceId", value
    return client("apigateway").get_rest_api(restApiId=ids[api])["rootResourceId"]


def pascal(value):
    if isinstance(value, list):
        return [pascal(each) for each in value]
    if isinstance(value, dict):
        return {name[0].upper() + name[1:]: pascal(each) for name, each in value.items()}
    return value


# Each takes the physical id and the template's properties.


def table(name, _):
    return client("dynamodb").describe_table(TableName=name)["Table"]


def queue(url, _):
    attributes = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    read = {name: int(value) if value.isdigit() else value for name, value in attributes.items()}
    redrive = {"RedrivePolicy": json.loads(attributes["RedrivePolicy"])} if "RedrivePolicy" in attributes else {}
    return {**read, **redrive, "QueueName": url.split("/")[-1], "SqsManagedSseEnabled": attributes.get("SqsManagedSseEnabled") == "true"}


def queue_policy(_, properties):
    attributes = client("sqs").get_queue_attributes(QueueUrl=reference(properties["Queues"][0]), AttributeNames=["Policy"])
    return {"PolicyDocument": json.loads(attributes["Attributes"]["Policy"])}


def topic(arn, _):
    return {"TopicName": client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["TopicArn"].split(":")[-1]}


def topic_policy(_, properties):
    attributes = client("sns").get_topic_attributes(TopicArn=reference(properties["Topics"][0]))["Attributes"]
    return {"PolicyDocument": json.loads(attributes["Policy"])}


def stream(name, _):
    found = client("kinesis").describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    return {**found, "ShardCount": found["OpenShardCount"]}


def key(name, _):
    rotates = client("kms").get_key_rotation_status(KeyId=name)["KeyRotationEnabled"]
    return {**client("kms").describe_key(KeyId=name)["KeyMetadata"], "EnableKeyRotation": rotates}


def bucket(name, _):
    rules = client("s3").get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    by_default = [{"ServerSideEncryptionByDefault": each["ApplyServerSideEncryptionByDefault"]} for each in rules]
    return {"BucketEncryption": {"ServerSideEncryptionConfiguration": by_default}}


def rule(_, properties):
    bus = reference(properties.get("EventBusName", "default"))
    rules = client("events").list_rules(EventBusName=bus)["Rules"]
    found = [each for each in rules if each.get("Description") == properties.get("Description")]
    pattern = [{**each, "EventPattern": json.loads(each.get("EventPattern", "{}"))} for each in found]
    same = [each for each in pattern if each["EventPattern"] == properties.get("EventPattern", {})]
    targets = client("events").list_targets_by_rule(Rule=same[0]["Name"], EventBusName=bus)["Targets"]
    return {**same[0], "Targets": targets}


def alarm(name, _):
    [found] = client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found


def dashboard(name, _):
    body = client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"]
    assert json.loads(body)["widgets"]
    return {"DashboardName": name}


def function(name, _):
    return client("lambda").get_function_configuration(FunctionName=name)


def event_source(identifier, _):
    return client("lambda").get_event_source_mapping(UUID=identifier)


def log_group(name, _):
    [found] = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return pascal(found)


def method(_, properties):
    api, resource = reference(properties["RestApiId"]), reference(properties["ResourceId"])
    found = client("apigateway").get_method(restApiId=api, resourceId=resource, httpMethod=properties["HttpMethod"])
    return {"AuthorizationType": found["authorizationType"], "HttpMethod": found["httpMethod"]}


def stage(name, properties):
    found = client("apigateway").get_stage(restApiId=reference(properties["RestApiId"]), stageName=name)
    return pascal(found) if found.get("webAclArn") else {}


def gateway_response(_, properties):
    found = client("apigateway").get_gateway_response(
        restApiId=reference(properties["RestApiId"]), responseType=properties["ResponseType"]
    )
    return {**pascal(found), "ResponseParameters": found["responseParameters"], "ResponseTemplates": found["responseTemplates"]}


def web_acl(identifier, _):
    name, own, scope = identifier.split("|")
    return client("wafv2").get_web_acl(Name=name, Id=own, Scope=scope)["WebACL"]


LOOKS = {
    "AWS::ApiGateway::GatewayResponse": (gateway_response, ["ResponseType", "StatusCode", "ResponseParameters", "ResponseTemplates"]),
    "AWS::ApiGateway::Method": (method, ["AuthorizationType", "HttpMethod"]),
    "AWS::ApiGateway::Stage": (stage, ["StageName", "TracingEnabled"]),
    "AWS::CloudWatch::Alarm": (
        alarm,
        ["MetricName", "Namespace", "Threshold", "ComparisonOperator", "EvaluationPeriods", "DatapointsToAlarm", "TreatMissingData"],
    ),
    "AWS::CloudWatch::Dashboard": (dashboard, ["DashboardName"]),
    "AWS::DynamoDB::Table": (table, ["KeySchema", "GlobalSecondaryIndexes", "StreamSpecification", "DeletionProtectionEnabled"]),
    "AWS::Events::Rule": (rule, ["Description", "EventPattern", "ScheduleExpression", "Targets"]),
    "AWS::KMS::Key": (key, ["Description", "EnableKeyRotation"]),
    "AWS::Kinesis::Stream": (stream, ["ShardCount", "RetentionPeriodHours"]),
    "AWS::Lambda::EventSourceMapping": (event_source, ["BatchSize", "FunctionResponseTypes", "ScalingConfig"]),
    "AWS::Lambda::Function": (function, ["Handler", "Runtime", "MemorySize", "Timeout"]),
    "AWS::Logs::LogGroup": (log_group, ["RetentionInDays"]),
    "AWS::S3::Bucket": (bucket, ["BucketEncryption"]),
    "AWS::SNS::Topic": (topic, ["TopicName"]),
    "AWS::SNS::TopicPolicy": (topic_policy, ["PolicyDocument"]),
    "AWS::SQS::Queue": (queue, ["QueueName", "VisibilityTimeout", "MessageRetentionPeriod", "RedrivePolicy", "SqsManagedSseEnabled"]),
    "AWS::SQS::QueuePolicy": (queue_policy, ["PolicyDocument"]),
    "AWS::WAFv2::WebACL": (web_acl, ["DefaultAction", "Rules"]),
}


def computed(value):
    return isinstance(value, dict) and any(name == "Ref" or name.startswith("Fn::") for name in value)


def differs(said, found):
    """Whether what is said isn't there; more may be."""
    if computed(said):
        return found in (None, "")
    if isinstance(said, dict):
        return not isinstance(found, dict) or any(differs(value, found.get(name)) for name, value in said.items())
    if isinstance(said, list):
        return not isinstance(found, list) or len(said) != len(found) or any(map(differs, said, found))
    if isinstance(said, (int, float)) and isinstance(found, (int, float)):
        return said != found
    return str(said) != str(found)


looked, differences = Counter(), []
for logical, resource in resources.items():
    if resource["Type"] not in LOOKS:
        continue
    look, names = LOOKS[resource["Type"]]
    properties = resource["Properties"]
    found = look(ids[logical], properties)
    looked[resource["Type"]] += 1
    for name in names:
        if name in properties and differs(properties[name], found.get(name)):
            differences.append({"resource": logical, "property": name, "said": properties[name], "found": str(found.get(name))})
print(json.dumps({"looked": looked, "differences": differences}))
