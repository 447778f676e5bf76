// What this processor has, for tests of kernels that need it.
#ifndef TESTS_TESTING_CPU_FEATURES_H_
#define TESTS_TESTING_CPU_FEATURES_H_

namespace rtfq::test {

inline bool HasAvx512Bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

}  // namespace rtfq::test

#endif  // TESTS_TESTING_CPU_FEATURES_H_
