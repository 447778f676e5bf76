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
    "BUILD_BATCH_NORMALIZATION",
    "BUILD_BINARY",
    "BUILD_CONCAT",
    "BUILD_CONVOLUTION",
    "BUILD_ELTWISE",
    "BUILD_INNER_PRODUCT",
    "BUILD_MATMUL",
    "BUILD_POOLING",
    "BUILD_REDUCTION",
    "BUILD_REORDER",
    "BUILD_SOFTMAX",
    "BUILD_SUM",
    "BUILD_PRIMITIVE_CPU_ISA_ALL",
    "BUILD_GEMM_KERNELS_ALL",
]

# (file, text that occurs once, its replacement)
EDITS = [
    # No processor we support is older than AVX2; 34 files need no compiling.
    (
        "src/cpu/gemm/gemm.hpp",
        "#define __BUILD_GEMM_SSE41 (__BUILD_GEMM_AVX2 || BUILD_GEMM_SSE41)",
        "#define __BUILD_GEMM_SSE41 0",
    ),
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
]

# Folders below src/ whose sources are built; a name in _NOT_BUILT keeps one out.
# Writers of machine code: what they write is fast whatever they are compiled
# with, and at -O1 they compile in half the time.
GENERATORS = [
    "cpu/x64",
    "cpu/x64/brgemm",
    "cpu/x64/brgemm/capi",
    "cpu/x64/gemm",
    "cpu/x64/gemm/amx",
    "cpu/x64/gemm/bf16",
    "cpu/x64/gemm/f32",
    "cpu/x64/gemm/s8x8s32",
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
]

# Parts of file names that are left out: parts that nothing else refers to, or
# that stubs.cpp answers for.
NOT_BUILT = [
    "cpu_reorder_comp_bf16_s8",
    "cpu_reorder_regular_f16",
    "cpu_reorder_regular_f32_f16",
    "cpu_reorder_regular_f32_fp8",
    "cpu_reorder_regular_fp4",
    "cpu_reorder_regular_fp8",
    "cpu_reorder_regular_s4",
    "cpu_reorder_regular_u4",
    "group_normalization",
    "instance_normalization",
    "jit_avx512_core_amx_deconvolution",
    "jit_avx512_core_x8s8s32x_deconvolution",
    "jit_brgemm_deconv",
    "jit_sse41_f32_copy",
    "jit_sse41_gemv_t",
    "jit_sse41_kernel",
    "jit_sse41_u8_copy",
    "jit_uni_deconv",
    "jit_uni_sparse_matmul",
    "jit_uni_x8s8s32x_deconvolution",
    "layer_normalization",
    "logging",
    "lrn",
    "prelu",
    "ref_deconvolution",
    "ref_sparse_matmul",
    "resampling",
    "rnn",
    "shuffle",
    "stream_threadpool",
]

# Sources are compiled several at a time, for most of the work is reading the
# headers that all of them share. These have names that clash with others'.
ALONE = [
    "brgemm_api.cpp",
    "jit_avx2_conv_kernel_f32.cpp",
    "jit_avx512_common_conv_kernel.cpp",
    "jit_avx512_core_amx_conv_kernel.cpp",
    "jit_avx512_core_amx_convolution.cpp",
    "jit_avx512_core_bf16_1x1_conv_kernel.cpp",
    "jit_avx512_core_bf16_conv_kernel.cpp",
    "jit_avx512_core_bf16_dw_conv_kernel.cpp",
    "jit_avx512_core_f32_copy_at_kern_part1_autogen.cpp",
    "jit_avx512_core_gemm_bf16bf16f32_kern.cpp",
    "jit_avx512_core_gemv_bf16bf16f32_kern.cpp",
    "jit_avx512_core_x8s8s32x_1x1_conv_kernel.cpp",
    "jit_avx512_core_x8s8s32x_conv_kernel.cpp",
    "jit_avx512_sparse_decompress_kernel.cpp",
    "jit_brgemm_inner_product_utils.cpp",
    "jit_sse41_conv_kernel_f32.cpp",
    "jit_sse41_gemv_n_f32_kern.cpp",
    "jit_uni_binary_kernel.cpp",
    "jit_uni_pool_kernel.cpp",
    "jit_uni_tbb_batch_normalization.cpp",
    "jit_uni_x8s8s32x_conv_kernel.cpp",
]
