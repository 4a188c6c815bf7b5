"""Starts moto with what its CloudFormation lacks of the types of Plinth's template: `python3 moto_launcher.py PORT`.

Types of `ADDED` are made by the service's own API of this moto, by the call that CloudFormation would make, and so can be looked at by
any client. Of every other type that moto lacks a name is kept and nothing is made. `--types` prints which are which, as JSON.
"""

import json
import sys

import boto3
from moto.apigateway.models import Deployment
from moto.awslambda.models import LambdaBackend
from moto.cloudformation import parsing
from moto.events.models import EventBus
from moto.kms.models import Key
from moto.server import main

PORT = sys.argv[1]
REGION = "us-east-1"
STOCK = sorted(name for name in parsing.get_model_map() if name.startswith("AWS::"))


def client(service):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, endpoint_url=f"http://127.0.0.1:{PORT}", region_name=REGION, **keys)


def camel(value):
    """API Gateway spells in lower case what CloudFormation begins with a capital."""
    if isinstance(value, list):
        return [camel(each) for each in value]
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: camel(each) for name, each in value.items()}
    return value


def but(properties, *names):
    return {name: value for name, value in properties.items() if name not in names}


# Each takes the name that CloudFormation made, and the properties; and gives what `Ref` is, with more attributes.


def alarm(name, properties):
    named = {"AlarmName": name, **properties}
    client("cloudwatch").put_metric_alarm(**named)
    return named["AlarmName"], {}


def queue_policy(name, properties):
    for url in properties["Queues"]:
        client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(properties["PolicyDocument"])})
    return name, {}


def topic_policy(name, properties):
    for arn in properties["Topics"]:
        policy = json.dumps(properties["PolicyDocument"])
        client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return name, {}


def authorizer(_, properties):
    made = client("apigateway").create_authorizer(**camel(properties))
    return made["id"], {"AuthorizerId": made["id"]}


def gateway_response(name, properties):
    client("apigateway").put_gateway_response(**camel(properties))
    return name, {}


def stage(_, properties):
    # API Gateway takes logs and limits by changes of a stage, which moto knows only a part of.
    made = client("apigateway").create_stage(**camel(but(properties, "AccessLogSetting", "MethodSettings", "Tags")))
    return made["stageName"], {}


def web_acl(name, properties):
    made = client("wafv2").create_web_acl(**{"Name": name, **properties})["Summary"]
    return f"{made['Name']}|{made['Id']}|{properties['Scope']}", {"Arn": made["ARN"], "Id": made["Id"]}


def web_acl_association(name, properties):
    client("wafv2").associate_web_acl(**properties)
    return name, {}


def web_acl_logging(name, properties):
    client("wafv2").put_logging_configuration(LoggingConfiguration=properties)
    return properties["ResourceArn"], {}


ADDED = {
    "AWS::ApiGateway::Authorizer": authorizer,
    "AWS::ApiGateway::GatewayResponse": gateway_response,
    "AWS::ApiGateway::Stage": stage,
    "AWS::CloudWatch::Alarm": alarm,
    "AWS::SNS::TopicPolicy": topic_policy,
    "AWS::SQS::QueuePolicy": queue_policy,
    "AWS::WAFv2::LoggingConfiguration": web_acl_logging,
    "AWS::WAFv2::WebACL": web_acl,
    "AWS::WAFv2::WebACLAssociation": web_acl_association,
}


class Added:
    """A resource of a type that moto's CloudFormation lacks."""

    def __init__(self, ref, attributes):
        self.physical_resource_id = ref
        self.attributes = attributes

    def get_cfn_attribute(self, attribute_name):
        return self.attributes.get(attribute_name, f"{self.physical_resource_id}/{attribute_name}")

    def is_created(self):
        return True

    @classmethod
    def has_cfn_attr(cls, attr):
        return True

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        make = ADDED.get(cloudformation_json["Type"], lambda name, _: (name, {}))
        return cls(*make(resource_name, cloudformation_json["Properties"]))


def key_with_policy(cls, resource_name, cloudformation_json, account_id, region_name, **more):
    """Moto keeps the policy as it came, and fails where it reads it as text."""
    properties = cloudformation_json["Properties"]
    properties["KeyPolicy"] = json.dumps(properties["KeyPolicy"])
    return made_key(resource_name, cloudformation_json, account_id, region_name, **more)


def source_without_calls(cls, resource_name, cloudformation_json, account_id, region_name, **more):
    """Moto would take messages from queues and run no code; the tests call, as the mapping says."""
    cloudformation_json["Properties"]["Enabled"] = False
    return made_source(resource_name, cloudformation_json, account_id, region_name, **more)


if __name__ == "__main__" and PORT == "--types":
    print(json.dumps({"stock": STOCK, "added": sorted(ADDED)}))
elif __name__ == "__main__":
    parsing.resource_class_from_type = lambda name: parsing.get_model_map().get(name, Added)
    # Without it `Ref` is the object, not its name.
    EventBus.physical_resource_id = property(lambda bus: bus.name)
    Deployment.physical_resource_id = property(lambda deployment: deployment.id)
    made_key = Key.create_from_cloudformation_json
    Key.create_from_cloudformation_json = classmethod(key_with_policy)
    # The same for streams, whose mappings it calls also when they are disabled.
    LambdaBackend.send_dynamodb_items = LambdaBackend.send_kinesis_message = lambda *_, **__: False
    source = parsing.get_model_map()["AWS::Lambda::EventSourceMapping"]
    made_source = source.create_from_cloudformation_json
    source.create_from_cloudformation_json = classmethod(source_without_calls)
    main(["-H", "127.0.0.1", "-p", PORT])
