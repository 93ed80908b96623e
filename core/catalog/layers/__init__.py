"""Every layer, in the order of the menu."""

from core.catalog.base import Layer
from core.catalog.layers.activation import ACTIVATIONS
from core.catalog.layers.convolution import Conv2d
from core.catalog.layers.dense import Flatten, Linear, Output
from core.catalog.layers.normalization import BatchNorm1d, BatchNorm2d, Dropout, LayerNorm
from core.catalog.layers.pooling import AvgPool2d, MaxPool2d

LAYERS: tuple[type[Layer], ...] = (
    Linear, Conv2d, MaxPool2d, AvgPool2d, Flatten, Dropout, BatchNorm1d, BatchNorm2d, LayerNorm,
    *ACTIVATIONS, Output)
