"""Every layer, in the order of the menu."""

from core.catalog.base import Layer
from core.catalog.layers.activation import ACTIVATIONS
from core.catalog.layers.attention import (
    GPTBlock,
    MultiheadAttention,
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)
from core.catalog.layers.convolution import Conv1d, Conv2d, DepthwiseConv2d, SeparableConv2d
from core.catalog.layers.dense import Bilinear, Identity, Linear
from core.catalog.layers.merge import Add, Concatenate, Multiply
from core.catalog.layers.normalization import (
    BatchNorm1d,
    BatchNorm2d,
    GroupNorm,
    InstanceNorm2d,
    LayerNorm,
    RMSNorm,
)
from core.catalog.layers.output import Output
from core.catalog.layers.pooling import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool1d,
    AvgPool2d,
    MaxPool1d,
    MaxPool2d,
)
from core.catalog.layers.positions import PositionLearned, PositionSinusoidal
from core.catalog.layers.recurrent import GRU, LSTM, RNN
from core.catalog.layers.regularization import AlphaDropout, Augment, Dropout, Dropout2d, GaussianNoise
from core.catalog.layers.reshape import Flatten, ImageToSequence, SwapAxes, Unflatten
from core.catalog.layers.residual import (
    BottleneckBlock,
    DenseResidual,
    MixerBlock,
    ResidualBlock,
    SqueezeExcite,
)
from core.catalog.layers.resize import Crop2d, PixelShuffle, PixelUnshuffle, Upsample, ZeroPad2d
from core.catalog.layers.sequence import (
    CausalConv1d,
    ClassToken,
    Embedding,
    LastSteps,
    PatchEmbedding,
    Select,
)
from core.catalog.layers.transposed import ConvTranspose1d, ConvTranspose2d

LAYERS: tuple[type[Layer], ...] = (
    Linear, Bilinear, Identity, Embedding,
    Conv2d, Conv1d, DepthwiseConv2d, SeparableConv2d, ConvTranspose2d, ConvTranspose1d, CausalConv1d,
    PatchEmbedding,
    MaxPool2d, AvgPool2d, MaxPool1d, AvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool2d, AdaptiveAvgPool1d,
    Flatten, Unflatten, SwapAxes, ImageToSequence,
    Upsample, PixelShuffle, PixelUnshuffle, ZeroPad2d, Crop2d,
    ResidualBlock, BottleneckBlock, SqueezeExcite, DenseResidual, MixerBlock,
    RNN, LSTM, GRU,
    ClassToken, PositionLearned, PositionSinusoidal,
    MultiheadAttention, TransformerEncoderLayer, TransformerDecoderLayer, GPTBlock,
    Select, LastSteps,
    Add, Multiply, Concatenate,
    Dropout, Dropout2d, AlphaDropout, GaussianNoise, Augment,
    BatchNorm1d, BatchNorm2d, LayerNorm, RMSNorm, GroupNorm, InstanceNorm2d,
    *ACTIVATIONS, Output)
