"""Requests literally as the seed, the protocol's founding text, writes them: the header `authentication`, "data" as a JSON body, on GET too."""


def seed(person, method, path, data=None):
    return person.call(method, path, data, token=None, headers={"authentication": person.token})
