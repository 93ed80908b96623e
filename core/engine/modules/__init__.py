"""Modules torch does not have: plain torch files that an exported script can carry along."""

from core.engine.modules.attention import (
    CrossAttention,
    DecoderLayer,
    EncoderLayer,
    GPTBlock,
    SelfAttention,
)
from core.engine.modules.augment import Augment
from core.engine.modules.losses import (
    BalancedCrossEntropyLoss,
    GaussianNLLLoss,
    KLDivLoss,
    TokenCrossEntropyLoss,
)
from core.engine.modules.merge import Add, Concatenate, Multiply
from core.engine.modules.noise import GaussianNoise
from core.engine.modules.positions import LearnedPositions, SinusoidalPositions
from core.engine.modules.recurrent import Recurrent
from core.engine.modules.reshape import ImageToSequence, SwapAxes
from core.engine.modules.residual import (
    BottleneckBlock,
    DenseResidual,
    MixerBlock,
    ResidualBlock,
    SqueezeExcite,
)
from core.engine.modules.sequence import (
    CausalConv1d,
    ClassToken,
    LastSteps,
    PatchEmbedding,
    Select,
)

OWN = {module.__name__: module for module in (
    BalancedCrossEntropyLoss, GaussianNLLLoss, KLDivLoss, TokenCrossEntropyLoss,
    Augment, GaussianNoise, SwapAxes, ImageToSequence,
    ResidualBlock, BottleneckBlock, SqueezeExcite, DenseResidual, MixerBlock,
    Recurrent, CausalConv1d, Select, LastSteps, ClassToken, PatchEmbedding,
    LearnedPositions, SinusoidalPositions,
    SelfAttention, CrossAttention, EncoderLayer, DecoderLayer, GPTBlock,
    Add, Multiply, Concatenate)}
