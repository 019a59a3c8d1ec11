"""The conformance kit: the contract as rules that any server can be held to, each saying in words what it breaks."""

from myna.conform import http_rules, openai_rules, resume_rules, socket_rules
from myna.conform.rules import Rule, run

RULES: list[Rule] = [*socket_rules.rule.rules, *resume_rules.rule.rules, *http_rules.rule.rules, *openai_rules.rule.rules]

__all__ = ["RULES", "Rule", "run"]
