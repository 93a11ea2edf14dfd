"""The answers' bodies, each in the shape of the API's."""
