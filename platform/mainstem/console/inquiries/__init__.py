"""Inquiries: what affiliates ask about commissions, and what the desk answers."""

from __future__ import annotations

from typing import Any

from mainstem.console.inquiries import answers, listed, page

routes: list[Any] = [*listed.routes, *page.routes, *answers.routes]

commands = answers.commands
