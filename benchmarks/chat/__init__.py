"""How long residents wait for an answer, with and without a meeting on the same machine.

house      `madoguchi serve` as a process of its own, and the LINE simulator that it talks to
residents  people who ask questions, and the moments at which the answers came
meeting    a speech into the service, and somebody who reads along
where      what the service's own metrics say about where the time went
"""
