"""Networks, in torch: training and export alone need them."""

from engines.architectures.build import TILE_SIDES, build_network, plain_network
from engines.architectures.imagenet_encoder import ImageNetEncoder, set_imagenet_weights
from engines.architectures.lite import Lite, ResidualPair, bilinear_kernels
from engines.architectures.resunet34 import ResUNet34
from engines.architectures.uncertain import Uncertain
from engines.architectures.unfold import set_plain_weights, settle_norms
from engines.architectures.v1_weights import (
    OF_IMAGENET,
    V1Statistics,
    encoder_of_v1,
    network_of_v1,
    statistics_of_v1,
)

__all__ = [
    "OF_IMAGENET",
    "TILE_SIDES",
    "ImageNetEncoder",
    "Lite",
    "ResUNet34",
    "ResidualPair",
    "Uncertain",
    "V1Statistics",
    "bilinear_kernels",
    "build_network",
    "encoder_of_v1",
    "network_of_v1",
    "plain_network",
    "set_imagenet_weights",
    "set_plain_weights",
    "settle_norms",
    "statistics_of_v1",
]
