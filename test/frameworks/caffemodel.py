"""Writes a .caffemodel: what Caffe's NetParameter needs of protobuf, with the field numbers of its caffe.proto."""

import numpy as np

_NET_NAME, _NET_LAYER = 1, 100
_LAYER_NAME, _LAYER_TYPE, _LAYER_BLOBS = 1, 2, 7
_BLOB_DATA, _BLOB_SHAPE = 5, 7
_SHAPE_DIM = 1


def caffemodel(name, layers):
    """`layers`: (name, type, blobs) of each layer that has weights."""
    return _field(_NET_NAME, name.encode()) + b"".join(_field(_NET_LAYER, _layer(*layer)) for layer in layers)


def _layer(name, kind, blobs):
    named = _field(_LAYER_NAME, name.encode()) + _field(_LAYER_TYPE, kind.encode())
    return named + b"".join(_field(_LAYER_BLOBS, _blob(np.asarray(blob, "<f4"))) for blob in blobs)


def _blob(values):
    shape = _field(_SHAPE_DIM, b"".join(_varint(size) for size in values.shape))
    return _field(_BLOB_DATA, values.tobytes()) + _field(_BLOB_SHAPE, shape)


def _field(number, content):
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value):
    packed = bytearray()
    while value >= 0x80:
        packed.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*packed, value])
