// What this processor has, for tests of kernels that need it.
#ifndef TESTS_TESTING_CPU_FEATURES_H_
#define TESTS_TESTING_CPU_FEATURES_H_

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace rtfq::test {

inline bool HasAvx512Bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

// AVX-512 with F, BW and VL.
inline bool HasAvx512() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0;
#else
  return false;
#endif
}

inline bool HasAvx512Vnni() {
#if defined(__x86_64__)
  return HasAvx512() && __builtin_cpu_supports("avx512vnni") != 0;
#else
  return false;
#endif
}

// AVX2's VNNI, which processors without AVX-512 have, too.
inline bool HasAvxVnni() {
#if defined(__x86_64__) && defined(__linux__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d) == 0) return false;
  return (a & (1u << 4)) != 0 && __builtin_cpu_supports("avx2") != 0;
#else
  return false;
#endif
}

// AMX with what the bit `products` of leaf 7's EDX stands for, which this
// process may use afterwards.
inline bool HasAmxWith([[maybe_unused]] unsigned products) {
#if defined(__x86_64__) && defined(__linux__)
  constexpr unsigned kTile = 1u << 24;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  if ((d & kTile) == 0 || (d & products) == 0) return false;
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  return ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

inline bool HasAmx() { return HasAmxWith(1u << 25); }  // int8
inline bool HasAmxBf16() { return HasAmxWith(1u << 22) && HasAvx512(); }

}  // namespace rtfq::test

#endif  // TESTS_TESTING_CPU_FEATURES_H_
