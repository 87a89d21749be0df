"""A model pack: a folder of ONNX files, and a card (`pack.json`) saying what they are good for.

The `lite` pack is built here. An operator may bring another: a folder with a detector, a
`landmark_3d_68` and a recogniser as insightface reads them, and a card of the same shape as
lite's (`build.LITE`, and `files` with the sha256 of each). Only a card with the strength
`recognition` and a `firewall_block` may let similarities decide.
"""
