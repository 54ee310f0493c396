//===- QntDialect.td - the qnt dialect, attributes, types --*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The dialect, its enums, attributes and types. Operations are in QntOps.td.

#ifndef QUANTC_DIALECT_QNT_QNTDIALECT_TD
#define QUANTC_DIALECT_QNT_QNTDIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/AttrTypeBase.td"

def Qnt_Dialect : Dialect {
  let name = "qnt";
  let cppNamespace = "::quantc::qnt";
  let summary = "How numbers are represented";
  let description = [{
    `qnt` answers one question: *how are numbers represented?* A scheme says
    what a code means and which elements share a scale; a layout says where the
    bits of a code lie; a packed type is a tensor stored that way. Scales and
    zero points are tensors, never part of a type. The products of `qnt` have one
    integer definition, which every kernel must equal bit for bit.
  }];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
}

class Qnt_Enum<string name, string summary, list<I32EnumCase> cases>
    : I32Enum<name, summary, cases> {
  let cppNamespace = "::quantc::qnt";
}

def Qnt_CodeKind : Qnt_Enum<"CodeKind", "what a code means", [
  I32EnumCase<"None", 0, "none">,         // stays in floating point
  I32EnumCase<"Int", 1, "int">,           // two's complement
  I32EnumCase<"UInt", 2, "uint">,
  I32EnumCase<"Ternary", 3, "ternary">,   // codes 0, 1, 2 are -1, 0, 1
  I32EnumCase<"Binary", 4, "binary">,     // code 0 is -1, code 1 is +1
  I32EnumCase<"E2M1", 5, "e2m1">, I32EnumCase<"E4M3", 6, "e4m3">,
  I32EnumCase<"E5M2", 7, "e5m2">,
  I32EnumCase<"Codebook", 8, "codebook">, // index into a table of vectors
  I32EnumCase<"Planes", 9, "planes">,     // bit planes, readable at fewer bits
  I32EnumCase<"Odd", 10, "odd">]>;        // codes 0 .. 3 are -1.5, -0.5, 0.5, 1.5

def Qnt_Granularity : Qnt_Enum<"Granularity", "which elements share a scale", [
  I32EnumCase<"Tensor", 0, "tensor">, I32EnumCase<"Channel", 1, "channel">,
  I32EnumCase<"Token", 2, "token">, I32EnumCase<"Group", 3, "group">]>;

def Qnt_ScaleKind : Qnt_Enum<"ScaleKind", "how a scale is stored", [
  I32EnumCase<"F32", 0, "f32">, I32EnumCase<"F16", 1, "f16">,
  // 8 bits a scale, times one fp32 number for the whole tensor
  I32EnumCase<"E8M0", 2, "e8m0">, I32EnumCase<"E4M3", 3, "e4m3">,
  // an integer multiplier a group times an fp32 scale a channel
  I32EnumCase<"TwoLevel", 4, "two_level">]>;

def Qnt_ZeroKind : Qnt_Enum<"ZeroKind", "how a zero point is stored", [
  I32EnumCase<"Code", 0, "code">, // an integer of as many bits as a code
  I32EnumCase<"F16", 1, "f16">]>; // a number

def Qnt_LayoutKind : Qnt_Enum<"LayoutKind", "order of codes and bits", [
  // row-major codes, low bits first, each row starts on a byte
  I32EnumCase<"Rows", 0, "rows">,
  // ONNX Runtime MatMulNBits: [N, blocks, bytes], each block padded to full length
  I32EnumCase<"Blocks", 1, "blocks">,
  // panels of 16 rows times 4 columns a line, all bit positions used
  I32EnumCase<"Panel16K4", 2, "panel16k4">,
  // fp32 panels of 16 rows, one column after the other
  I32EnumCase<"Panel16F32", 3, "panel16f32">,
  // binary codes: panels of 16 rows, 64 columns a word, word by word
  I32EnumCase<"Panel16B64", 4, "panel16b64">,
  // columns one after the other, each in tiles of 64 rows
  I32EnumCase<"Column64", 6, "column64">,
  // indices of a codebook in panels of 16 rows, without padding of bits
  I32EnumCase<"Panel16Index", 7, "panel16index">,
  // the bits of codes in planes, the uppermost first, each in panels of 16 rows
  I32EnumCase<"Panel16Planes", 8, "panel16planes">]>;

def Qnt_TransformKind : Qnt_Enum<"TransformKind", "how a parameter is changed", [
  I32EnumCase<"Hadamard", 0, "hadamard">, // times an orthogonal matrix of signs
  I32EnumCase<"Scale", 1, "scale">,       // times one number a channel
  I32EnumCase<"Center", 2, "center">,     // minus the mean
  I32EnumCase<"Take", 3, "take">,         // channels in another order, or again
  I32EnumCase<"Split", 4, "split">]>;     // channels in two halves
def Qnt_TransformKindAttr : EnumAttr<Qnt_Dialect, Qnt_TransformKind, "transform_kind">;

def Qnt_RoundingMode : Qnt_Enum<"RoundingMode", "how a number becomes an integer", [
  I32EnumCase<"HalfEven", 0, "half_even">, I32EnumCase<"Ceil", 1, "ceil">,
  I32EnumCase<"Floor", 2, "floor">,
  I32EnumCase<"Up", 3, "up">,             // away from zero
  I32EnumCase<"Down", 4, "down">,         // towards zero
  I32EnumCase<"HalfUp", 5, "half_up">,    // to the nearest, halves away from zero
  I32EnumCase<"HalfDown", 6, "half_down"> // to the nearest, halves towards zero
]>;
def Qnt_RoundingModeAttr : EnumAttr<Qnt_Dialect, Qnt_RoundingMode, "rounding">;

class Qnt_Attr<string name, string attrMnemonic> : AttrDef<Qnt_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Qnt_SchemeAttr : Qnt_Attr<"Scheme", "scheme"> {
  let summary = "what a code means and which elements share a scale";
  let description = [{
    | parameter | meaning | default |
    |---|---|---|
    | `code` | kind of code | |
    | `bits` | bits of one code, 1 to 8; of an index into a codebook, 1 to 16; 0 for `none` | |
    | `granularity` | elements that share one scale | `tensor` |
    | `axis` | dimension that channels, or groups, lie along | 0 |
    | `group_size` | elements of one group along `axis`; the last may be shorter | 0 |
    | `zero_point` | codes have a zero point tensor: of codes, or for binary and codebook of fp32 numbers | false |
    | `zero` | `f16`: zero points of uint codes are fp32 numbers that are stored as f16 | `code` |
    | `scale` | how scales are stored | `f32` |
    | `codebook_size`, `codebook_dim` | patterns of a codebook, an even number, and the signs of one, 2 to 16 along `axis` | 0 |
    | `dynamic` | scales are computed from the values at run time | false |
    | `widths` | of planes: the numbers of bits that codes can be read at, descending from `bits`, out of 8, 4 and 2 | |
    | `reason` | why a value stays in floating point, with code `none` | "" |

    Example:

    ```mlir
    #w4 = #qnt.scheme<code = uint, bits = 4, granularity = group, axis = 1, group_size = 64, zero_point = true>
    #a8 = #qnt.scheme<code = int, bits = 8, granularity = token, dynamic = true>
    #nested = #qnt.scheme<code = planes, bits = 8, granularity = channel, axis = 1, widths = [8, 4, 2]>
    ```
  }];
  let parameters = (ins EnumParameter<Qnt_CodeKind>:$code,
    DefaultValuedParameter<"unsigned", "0">:$bits,
    DefaultValuedParameter<"::quantc::qnt::Granularity", "::quantc::qnt::Granularity::Tensor">:$granularity,
    DefaultValuedParameter<"int64_t", "0">:$axis,
    DefaultValuedParameter<"int64_t", "0">:$group_size,
    DefaultValuedParameter<"bool", "false">:$zero_point,
    DefaultValuedParameter<"::quantc::qnt::ZeroKind", "::quantc::qnt::ZeroKind::Code">:$zero,
    DefaultValuedParameter<"::quantc::qnt::ScaleKind", "::quantc::qnt::ScaleKind::F32">:$scale,
    DefaultValuedParameter<"int64_t", "0">:$codebook_size,
    DefaultValuedParameter<"int64_t", "0">:$codebook_dim,
    DefaultValuedParameter<"bool", "false">:$dynamic,
    OptionalParameter<"::mlir::StringAttr">:$reason,
    OptionalParameter<"::mlir::DenseI64ArrayAttr">:$widths);
  // All but planes have no widths.
  let builders = [AttrBuilder<(ins "::quantc::qnt::CodeKind":$code, "unsigned":$bits,
      "::quantc::qnt::Granularity":$granularity, "int64_t":$axis, "int64_t":$groupSize,
      "bool":$zeroPoint, "::quantc::qnt::ZeroKind":$zero, "::quantc::qnt::ScaleKind":$scale,
      "int64_t":$codebookSize, "int64_t":$codebookDim, "bool":$dynamic,
      "::mlir::StringAttr":$reason), [{
    return get($_ctxt, code, bits, granularity, axis, groupSize, zeroPoint, zero, scale, codebookSize,
               codebookDim, dynamic, reason, ::mlir::DenseI64ArrayAttr());
  }]>];
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// True when the value stays in floating point.
    bool isNone() const { return getCode() == CodeKind::None; }
    /// Scales along `axis` of a tensor with `size` elements there.
    int64_t groupCount(int64_t size) const;
    /// The value a stored code stands for before zero point and scale.
    bool isSigned() const { return getCode() == CodeKind::Int; }
    /// True when every element is a sign, its own or one of a pattern.
    bool hasSigns() const {
      return getCode() == CodeKind::Binary || getCode() == CodeKind::Codebook;
    }
    /// True when zero points are numbers, not codes.
    bool hasRealZeros() const {
      return getZeroPoint() && (hasSigns() || getZero() == ZeroKind::F16);
    }
    /// The numbers of bits that planes can be read at, descending; empty for
    /// other codes.
    ::llvm::ArrayRef<int64_t> widths() const {
      return getWidths() ? getWidths().asArrayRef() : ::llvm::ArrayRef<int64_t>();
    }
  }];
}

def Qnt_LayoutAttr : Qnt_Attr<"PackLayout", "layout"> {
  let summary = "where the bits of a code lie";
  let description = [{
    `rows`: row-major, low bits first, each row starts on a byte. `blocks`: the
    order of ONNX Runtime's MatMulNBits. `panel16k4`: panels of 16 rows; a line
    of 64 bytes holds 4 columns in each bit position. `panel16f32`: fp32 panels of
    16 rows, one column after the other. `column64`: one column after the other,
    each in tiles of 64 rows, so that a column can be left out
    (`quantc/Formats/ColumnLayout.h`). `panel16index`: indices of a codebook, as
    `quantc/Formats/IndexLayout.h` has them. `panel16planes`: the upper two bits of
    all codes, the next two, then of 8-bit codes the lower four, each as
    `panel16k4` has codes of so many bits (`quantc/Formats/PlaneLayout.h`), so that
    fewer bits are fewer bytes. `panel16b64`:
    binary codes of shape `[N, T, C]` as words `[ceil(N/16), T * ceil(C/64), 16]`
    of 64 bits; bit i of the word j of a tap is the code of column `64 j + i`,
    zeros behind C and N.

    Example: `#qnt.layout<panel16k4>`
  }];
  let parameters = (ins EnumParameter<Qnt_LayoutKind>:$kind);
  let assemblyFormat = "`<` $kind `>`";
}

def Qnt_PackedType : TypeDef<Qnt_Dialect, "Packed"> {
  let mnemonic = "packed";
  let summary = "a tensor whose elements are codes in a given layout";
  let description = [{
    A logical shape, a scheme and a layout. Packed bytes cannot be mistaken for
    integers: only operations of `qnt` and `kern` take them.

    Example: `!qnt.packed<576x1536, <code = uint, bits = 4, granularity = channel>, <panel16k4>>`
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::quantc::qnt::SchemeAttr":$scheme,
                        "::quantc::qnt::PackLayoutAttr":$layout);
  let assemblyFormat = "`<` custom<Shape>($shape) `,` $scheme `,` $layout `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Bytes of the packed codes, without scales and zero points.
    int64_t getByteSize() const;
  }];
}

#endif // QUANTC_DIALECT_QNT_QNTDIALECT_TD
