"""From the YAML of a checkout to the one catalogue: schema, checks, compiler. Needs pydantic, yaml.

Nothing that answers a question imports it at its top: a wheel works with the standard library.
"""
