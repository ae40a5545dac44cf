"""The TensorFlow operations that a servable is made of: core ones without side effects, and those
of TF Text that split texts into word pieces, which TensorFlow Serving has too.

What reads or writes files, opens connections or runs Python is none of them, but for what fills
look-up tables and what TensorFlow adds for the checkpoint (see `private_copy`).
"""

ALLOWED = frozenset(
    """
    Abs Acos Acosh Add AddN AddV2 All Any ArgMax ArgMin Asin Asinh Assert AssignVariableOp Atan
    Atan2 Atanh AvgPool BatchMatMul BatchMatMulV2 BatchMatMulV3 BatchToSpaceND Betainc BiasAdd
    Bitcast BroadcastArgs BroadcastTo Bucketize Case Cast Ceil CheckNumerics ClipByValue Complex
    ComplexAbs ConcatOffset ConcatV2 Conj Const Conv2D Conv3D Cos Cosh Cross Cumprod Cumsum
    DenseBincount DepthToSpace DepthwiseConv2dNative Diag Digamma Div DivNoNan DynamicPartition
    DynamicStitch EditDistance Einsum Elu Empty EnsureShape Equal Erf Erfc Erfinv Exp ExpandDims
    Expm1 FFT FFT2D Fill Floor FloorDiv FloorMod FusedBatchNormV3 Gather GatherNd GatherV2 Greater
    GreaterEqual HashTableV2 IFFT IFFT2D IRFFT IRFFT2D Identity IdentityN If Imag InTopKV2
    InitializeTableFromTextFileV2 InitializeTableV2 Inv InvertPermutation IsFinite IsInf IsNan
    L2Loss LRN LeakyRelu LeftShift Less LessEqual Lgamma LinSpace Log Log1p LogSoftmax LogicalAnd
    LogicalNot LogicalOr LookupTableFindV2 LookupTableImportV2 LookupTableSizeV2 LowerBound MatMul
    MatrixBandPart MatrixDiagPartV3 MatrixDiagV3 MatrixInverse MatrixSetDiagV3 MatrixSolve Max
    MaxPool MaxPoolV2 Maximum Mean Min Minimum MirrorPad Mod Mul MulNoNan Neg NextAfter NoOp
    NotEqual OneHot OnesLike Pack Pad PadV2 ParallelDynamicStitch PartitionedCall Placeholder
    PlaceholderWithDefault Polygamma Pow PreventGradient Prod RFFT RFFT2D RaggedGather RaggedRange
    RaggedTensorFromVariant RaggedTensorToSparse RaggedTensorToTensor RaggedTensorToVariant Range
    Rank ReadVariableOp Real RealDiv Reciprocal ReduceJoin RegexFullMatch RegexReplace Relu Relu6
    Reshape ResizeArea ResizeBicubic ResizeBilinear ResizeNearestNeighbor ReverseSequence ReverseV2
    RightShift Rint Roll Round Rsqrt ScatterNd SearchSorted SegmentMax SegmentMean SegmentMin
    SegmentProd SegmentSum Select SelectV2 Selu Shape ShapeN Sigmoid Sign Sin Sinh Size Slice
    Softmax Softplus Softsign SpaceToBatchND SpaceToDepth SparseToDense Split SplitV Sqrt Square
    SquaredDifference Squeeze StatefulPartitionedCall StatelessCase StatelessIf
    StatelessRandomGetAlg StatelessRandomGetKeyCounter StatelessRandomNormalV2
    StatelessRandomUniformV2 StatelessWhile StaticRegexFullMatch StaticRegexReplace StopGradient
    StridedSlice StringFormat StringJoin StringLength StringLower StringNGrams StringSplit
    StringSplitV2 StringStrip StringToHashBucketFast StringToHashBucketStrong StringToNumber
    StringUpper Sub Substr Sum Svd Tan Tanh TensorListConcatV2 TensorListElementShape
    TensorListFromTensor TensorListGather TensorListGetItem TensorListLength TensorListPopBack
    TensorListPushBack TensorListReserve TensorListResize TensorListScatterV2 TensorListSetItem
    TensorListSplit TensorListStack TensorScatterAdd TensorScatterMax TensorScatterMin
    TensorScatterSub TensorScatterUpdate Tile TopKV2 Transpose TruncateDiv TruncateMod UnicodeDecode
    UnicodeDecodeWithOffsets UnicodeEncode UnicodeScript UnicodeTranscode Unique UniqueV2
    UniqueWithCounts Unpack UnravelIndex UnsortedSegmentJoin UnsortedSegmentMax UnsortedSegmentMin
    UnsortedSegmentProd UnsortedSegmentSum UpperBound VarHandleOp VarIsInitializedOp VariableShape
    Where While Xdivy Xlogy ZerosLike
    """.split()  # noqa: SIM905
)
TEXT = frozenset(
    {
        *("CaseFoldUTF8", "FastWordpieceTokenizeWithOffsets", "NormalizeUTF8"),
        *("RegexSplitWithOffsets", "SentencepieceOp", "SentencepieceTokenizeOp"),
    }
)
CHECKPOINT = frozenset(
    {"DisableCopyOnRead", "MergeV2Checkpoints", "RestoreV2", "SaveV2", "ShardedFilename"}
)
