#include "rtfq/core/dnnl.h"

#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace rtfq {

absl::Status DnnlError(const dnnl::error& error, const std::string& what) {
  const std::string message = absl::StrCat(what, ": oneDNN: ", error.what());
  return error.status == dnnl_unimplemented ? absl::UnimplementedError(message)
                                            : absl::InternalError(message);
}

absl::Status CatchDnnl(const Engine& engine, const std::string& what,
                       absl::FunctionRef<void()> body) {
  absl::Status status;
  engine.threads().Execute([&] {
    try {
      body();
    } catch (const dnnl::error& error) {
      status = DnnlError(error, what);
    }
  });
  return status;
}

namespace {

// `run` decides which threads the primitive may use.
template <typename Run>
void ExecuteWith(const Engine& engine, const dnnl::primitive& primitive,
                 std::unordered_map<int, dnnl::memory> arguments,
                 const dnnl::memory::desc& scratchpad, Run run) {
  const ScratchPool::Block block =
      engine.scratch().Borrow(static_cast<int64_t>(scratchpad.get_size()));
  arguments.insert(
      {DNNL_ARG_SCRATCHPAD,
       dnnl::memory(scratchpad, engine.dnnl().engine, block.data())});
  run([&] {
    dnnl::stream stream = engine.dnnl().stream;
    primitive.execute(stream, arguments);
    stream.wait();
  });
}

}  // namespace

void ExecuteDnnl(const Engine& engine, const dnnl::primitive& primitive,
                 std::unordered_map<int, dnnl::memory> arguments,
                 const dnnl::memory::desc& scratchpad) {
  ExecuteWith(engine, primitive, std::move(arguments), scratchpad,
              [&](auto body) { engine.threads().Execute(body); });
}

void ExecuteDnnlSerially(const Engine& engine, const dnnl::primitive& primitive,
                         std::unordered_map<int, dnnl::memory> arguments,
                         const dnnl::memory::desc& scratchpad) {
  ExecuteWith(engine, primitive, std::move(arguments), scratchpad,
              [](auto body) { ThreadPool::ExecuteSerially(body); });
}

bool HasExactU8S8() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41:
    case dnnl::cpu_isa::avx:
    case dnnl::cpu_isa::avx2:
    case dnnl::cpu_isa::avx512_core:
    case dnnl::cpu_isa::isa_default:
      return false;
    default:
      return true;
  }
}

bool UsesPlainAvx2() {
  return dnnl::get_effective_cpu_isa() == dnnl::cpu_isa::avx2;
}

bool UsesAvxVnni() {
  const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
  return isa == dnnl::cpu_isa::avx2_vnni || isa == dnnl::cpu_isa::avx2_vnni_2;
}

bool UsesAvx512Vnni() {
  return UsesAvx512Bf16() ||
         dnnl::get_effective_cpu_isa() == dnnl::cpu_isa::avx512_core_vnni;
}

bool UsesAmx() {
  const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
  return isa == dnnl::cpu_isa::avx512_core_amx ||
         isa == dnnl::cpu_isa::avx512_core_amx_fp16;
}

bool UsesAvx512Bf16() {
  const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
  return isa == dnnl::cpu_isa::avx512_core_bf16 ||
         isa == dnnl::cpu_isa::avx512_core_fp16;
}

std::string DnnlIsaName() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41:
      return "sse41";
    case dnnl::cpu_isa::avx:
      return "avx";
    case dnnl::cpu_isa::avx2:
      return "avx2";
    case dnnl::cpu_isa::avx2_vnni:
      return "avx2_vnni";
    case dnnl::cpu_isa::avx2_vnni_2:
      return "avx2_vnni_2";
    case dnnl::cpu_isa::avx512_core:
      return "avx512_core";
    case dnnl::cpu_isa::avx512_core_vnni:
      return "avx512_core_vnni";
    case dnnl::cpu_isa::avx512_core_bf16:
      return "avx512_core_bf16";
    case dnnl::cpu_isa::avx512_core_fp16:
      return "avx512_core_fp16";
    case dnnl::cpu_isa::avx512_core_amx:
      return "avx512_core_amx";
    case dnnl::cpu_isa::avx512_core_amx_fp16:
      return "avx512_core_amx_fp16";
    default:
      return "portable";
  }
}

}  // namespace rtfq
