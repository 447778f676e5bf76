// How the elementwise kernels reach the machine's vector units.
//
// A kernel is a plain loop over raw pointers in a function of its own, marked
// RTFQ_MULTIVERSION: the compiler vectorises it once for each instruction set
// and the loader picks the best one this processor has. Without fused
// multiply-adds (rtfq/ops/BUILD turns contraction off) and with sums in a fixed
// order, every version gives the same bits.
#ifndef RTFQ_OPS_SIMD_H_
#define RTFQ_OPS_SIMD_H_

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer) ||                                     \
    __has_feature(undefined_behavior_sanitizer)
#define RTFQ_SANITIZED_ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RTFQ_SANITIZED_ 1
#endif

// The choice runs while the program is being loaded, before a sanitizer is
// ready for it. A test defines it itself, one version at a time.
#if defined(RTFQ_MULTIVERSION)
#define RTFQ_ONE_VERSION_ 1
#elif defined(RTFQ_SANITIZED_) || !defined(__x86_64__)
#define RTFQ_MULTIVERSION
#else
#define RTFQ_MULTIVERSION \
  __attribute__((target_clones("default", "avx2", "avx512f")))
#endif

namespace rtfq::ops {

// Whether kernels written for AVX-512 by hand, instead of one more version of a
// loop, may run: on processors that have it, but in no test of one version.
inline bool HasAvx512Kernels() {
#if defined(RTFQ_ONE_VERSION_) || !defined(__x86_64__)
  return false;
#else
  static const bool has = __builtin_cpu_supports("avx512f") != 0 &&
                          __builtin_cpu_supports("avx512bw") != 0 &&
                          __builtin_cpu_supports("avx512vl") != 0;
  return has;
#endif
}

}  // namespace rtfq::ops

// Before a loop whose outputs may be exactly its inputs (in-place use) but
// never overlap them shifted: without it compilers fall back to single elements
// when they meet in-place use. Clang warns where it then does not vectorise, as
// under a sanitizer or without optimization.
#if defined(RTFQ_SANITIZED_) || !defined(__OPTIMIZE__)
#define RTFQ_VECTORIZE
#elif defined(__clang__)
#define RTFQ_VECTORIZE _Pragma("clang loop vectorize(assume_safety)")
#else
#define RTFQ_VECTORIZE _Pragma("GCC ivdep")
#endif

#define RTFQ_ALWAYS_INLINE inline __attribute__((always_inline))

#endif  // RTFQ_OPS_SIMD_H_
