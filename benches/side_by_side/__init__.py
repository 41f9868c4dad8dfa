"""The same asyncio code on burner-redis, on the published 0.1.7, on fakeredis and on a real server."""
