"""What of oneDNN is built: processors only, threads by TBB, what we call."""

# #cmakedefine lines of dnnl_config.h.in that are on, and their values.
DEFINED = {
    "DNNL_CPU_RUNTIME": "DNNL_RUNTIME_TBB",
    "DNNL_CPU_THREADING_RUNTIME": "DNNL_RUNTIME_TBB",
    # The brgemm micro-kernels under their public, if unfinished, interface.
    "DNNL_EXPERIMENTAL_UKERNEL": "",
    "DNNL_GPU_RUNTIME": "DNNL_RUNTIME_NONE",
    "DNNL_GPU_VENDOR": "DNNL_VENDOR_NONE",
}

# #cmakedefine01 lines that are 1.
ENABLED = [
    "BUILD_TRAINING",
    "BUILD_CONCAT",
    "BUILD_CONVOLUTION",
    "BUILD_MATMUL",
    "BUILD_REORDER",
    "BUILD_SUM",
    "BUILD_PRIMITIVE_CPU_ISA_ALL",
    # Matrix products are brgemm's. Those of cpu/x64/gemm serve older kernels, so
    # that f32 products below AVX-512 ("gemm:jit") are plain loops: not for use.
    "BUILD_GEMM_KERNELS_NONE",
]

# (file, text that occurs once, its replacement)
EDITS = [
    # With rows of A longer than K, an extended K would read what follows the
    # row as if it were part of it. Fixed in later versions.
    (
        "src/cpu/x64/matmul/brgemm_matmul_utils.cpp",
        "&& !packed_sparse_weights;\n\n        if (extendable_k_) {",
        "&& !packed_sparse_weights && current_lda_ == K;\n\n        if (extendable_k_) {",
    ),
    # The member is still zero here, so AVX2 would get AVX-512's layout. Fixed
    # in later versions.
    (
        "src/cpu/x64/matmul/brgemm_matmul_utils.cpp",
        "return bgmmc.wei_k_blk == 8",
        "return data_type_vnni_simd_elems(bgmmc.wei_dt, bgmmc.isa) == 8",
    ),
    # Virtual machines may hide what AMD's processors tell of their caches. Each
    # then counts as one byte, and blocks made to fit into it divide by zero.
    (
        "src/cpu/platform.cpp",
        "return cpu().getDataCacheSize(l) / cpu().getCoresSharingDataCache(l);",
        """const unsigned bytes
                = cpu().getDataCacheSize(l) / cpu().getCoresSharingDataCache(l);
        return bytes < 1024 ? guess(level) : bytes;""",
    ),
]

# Folders below src/ whose sources are built; a name in _NOT_BUILT keeps one out.
# Writers of machine code: what they write is fast whatever they are compiled
# with, and at -O1 they compile in half the time.
GENERATORS = [
    "cpu/x64",
    "cpu/x64/brgemm",
    "cpu/x64/brgemm/capi",
    "cpu/x64/injectors",
    "cpu/x64/matmul",
    "cpu/x64/utils",
]

# Loops over elements, and the frame around them.
LOOPS = [
    "common",
    "cpu",
    "cpu/gemm",
    "cpu/gemm/bf16",
    "cpu/gemm/f32",
    "cpu/gemm/s8x8s32",
    "cpu/jit_utils",
    "cpu/jit_utils/linux_perf",
    "cpu/matmul",
    "cpu/reorder",
]

# Sources in those folders that are large and run only while plans are made.
COLD = [
    "_list.cpp",
    "cpu_reorder_comp_",
    "ref_",
]

# Parts of file names that are left out: parts that nothing else refers to, or
# that stubs.cpp answers for.
NOT_BUILT = [
    "batch_normalization",
    "binary.cpp",
    "binary_kernel",
    "binary_list",
    "cpu_reorder_comp_bf16_s8",
    "cpu_reorder_regular_f16",
    "cpu_reorder_regular_f32_f16",
    "cpu_reorder_regular_f32_fp8",
    "cpu_reorder_regular_fp4",
    "cpu_reorder_regular_fp8",
    "cpu_reorder_regular_s4",
    "cpu_reorder_regular_u4",
    "deconvolution_list",
    "eltwise.cpp",
    "eltwise_int",
    "eltwise_list",
    "gemm_bf16_inner_product",
    "gemm_inner_product.cpp",
    "gemm_x8s8s32x_inner_product",
    "group_normalization",
    "inner_product_list",
    "instance_normalization",
    "jit_avx512_core_amx_deconvolution",
    "jit_avx512_core_x8s8s32x_deconvolution",
    "jit_brgemm_deconv",
    "jit_brgemm_inner_product",
    "jit_uni_deconv",
    "jit_uni_sparse_matmul",
    "jit_uni_x8s8s32x_deconvolution",
    "layer_normalization",
    "logging",
    "lrn",
    "pool_kernel",
    "pooling",
    "prelu",
    "reduction",
    "ref_deconvolution",
    "ref_inner_product",
    "ref_sparse_matmul",
    "resampling",
    "rnn",
    "shuffle",
    "softmax",
    "stream_threadpool",
]

# Sources are compiled several at a time, for most of the work is reading the
# headers that all of them share. These have names that clash with others'.
ALONE = [
    "brgemm_api.cpp",
    "jit_avx2_conv_kernel_f32.cpp",
    "jit_avx512_common_conv_kernel.cpp",
    "jit_avx512_common_1x1_conv_kernel.cpp",
    "jit_avx512_core_amx_conv_kernel.cpp",
    "jit_avx512_core_amx_convolution.cpp",
    "jit_avx512_core_bf16_1x1_conv_kernel.cpp",
    "jit_avx512_core_bf16_conv_kernel.cpp",
    "jit_avx512_core_bf16_dw_conv_kernel.cpp",
    "jit_avx512_core_x8s8s32x_1x1_conv_kernel.cpp",
    "jit_avx512_core_x8s8s32x_conv_kernel.cpp",
    "jit_avx512_sparse_decompress_kernel.cpp",
    "jit_sse41_conv_kernel_f32.cpp",
    "jit_uni_x8s8s32x_conv_kernel.cpp",
]
