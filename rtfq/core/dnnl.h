// The only door to oneDNN's dialect; included by rtfq/core/*.cc and
// rtfq/ops/*.cc and by no header.
#ifndef RTFQ_CORE_DNNL_H_
#define RTFQ_CORE_DNNL_H_

#include <string>
#include <unordered_map>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "oneapi/dnnl/dnnl.hpp"
#include "rtfq/core/engine.h"

namespace rtfq {

struct Engine::Dnnl {
  dnnl::engine engine;
  dnnl::stream stream;
};

// kUnimplemented (no such kernel here) or kInternal, with `what` before
// oneDNN's own words.
absl::Status DnnlError(const dnnl::error& error, const std::string& what);

// Runs `body`, which may throw dnnl::error, inside the engine's threads, and
// turns the exception into DnnlError().
absl::Status CatchDnnl(const Engine& engine, const std::string& what,
                       absl::FunctionRef<void()> body);

// Executes a primitive made with scratchpad_mode::user. `arguments` lack the
// scratchpad; `scratchpad` is its descriptor. Waits until it is done.
void ExecuteDnnl(const Engine& engine, const dnnl::primitive& primitive,
                 std::unordered_map<int, dnnl::memory> arguments,
                 const dnnl::memory::desc& scratchpad);

// The same on the calling thread alone, for one chunk of a parallel loop.
void ExecuteDnnlSerially(const Engine& engine, const dnnl::primitive& primitive,
                         std::unordered_map<int, dnnl::memory> arguments,
                         const dnnl::memory::desc& scratchpad);

// True when 8-bit u8 x s8 products add up without saturating in 16 bits: VNNI
// or AMX in the instruction set oneDNN uses now (ONEDNN_MAX_CPU_ISA included).
bool HasExactU8S8();

// True when oneDNN uses AVX2 and nothing newer (ONEDNN_MAX_CPU_ISA included).
bool UsesPlainAvx2();

// True when it uses AVX2 with AVX-VNNI but no AVX-512.
bool UsesAvxVnni();

// True when oneDNN uses AVX-512 with VNNI but no AMX (ONEDNN_MAX_CPU_ISA
// included).
bool UsesAvx512Vnni();

// True when it uses AMX with int8 and bf16, which also asks the kernel for its
// use.
bool UsesAmx();

// True when it uses AVX-512 with BF16 but no AMX.
bool UsesAvx512Bf16();

// oneDNN's name of the instruction set it uses now: "avx2", "avx512_core", ...
std::string DnnlIsaName();

}  // namespace rtfq

#endif  // RTFQ_CORE_DNNL_H_
