from mainstem.gateway.exchange import Answer, Request


def answer_page(gateway, request: Request) -> Answer:
    return Answer(404, b"")
