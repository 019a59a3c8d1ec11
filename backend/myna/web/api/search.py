"""HTTP: /api/search — full text over everything its owner and the AI have said."""

from quart import Blueprint, Response, jsonify, request

from myna.protocol.errors import InvalidFrame
from myna.web.api.requests import limit_of, session_of, shown
from myna.web.services import Services

QUERY_LIMIT = 500  # characters; a store looks at 16 words and no more


def blueprint(services: Services) -> Blueprint:
    """The route."""
    routes = Blueprint("search", __name__)

    @routes.get("/api/search")
    async def search_messages() -> Response:
        """Newest hits first; what was just said is found."""
        session = session_of(services)
        query = request.args.get("q", "").strip()
        if not 1 <= len(query) <= QUERY_LIMIT:
            raise InvalidFrame(f'q takes 1 to {QUERY_LIMIT} characters: words (the last may be a beginning), "a phrase", -without.')
        page = await services.queries.search(session, query, limit=limit_of(20), before=request.args.get("before"))
        return jsonify({"items": [shown(hit) for hit in page.items], "next": page.next})

    return routes
