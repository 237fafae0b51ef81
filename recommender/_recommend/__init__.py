"""From a model's name, file or pipeline to the settings to run it with, and why.

`recommend` puts the answer together; `rule` makes one figure of rival claims; `options`, `loras`,
`schedule` and `count` bend it to what was asked; `why` and `evidence` say what it rests on.
"""
