"""What changes a part of a state writes into the state itself, unless something still needs the old value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mtc
from mtc import interp
from mtc.ir.parser import parse
from mtc.ir.structural import STATE_UPDATE
from mtc.ir.verifier import verify
from mtc.ops import OPS
from mtc.program.storage import assign_storage, stays_in_place

STEP = """
state @cache : f32[2,4,3]

func @forward(%x: f32[2,1,3], %at: i64[1]) {{
  %one = constant [1] : i64[1]
  %s = state @cache : f32[2,4,3]
  {body}
}}
"""
WRITE = "%0 = index_copy(%s, %at, %x) {axis=1} : f32[2,4,3]"
IN_PLACE = {
    "read afterwards": f"{WRITE}\n %1 = sum(%0) {{axes=[1]}} : f32[2,3]\n state_update @cache, %0\n return %1",
    "read behind the update": f"{WRITE}\n state_update @cache, %0\n %1 = neg(%0) : f32[2,4,3]\n return %1",
    "old value read before": f"%1 = sum(%s) {{axes=[1]}} : f32[2,3]\n {WRITE}\n state_update @cache, %0\n return %1",
    "two steps, and a view between": f"""{WRITE}
      %1 = reshape(%0) {{shape=[8,3]}} : f32[8,3]
      %2 = reshape(%x) {{shape=[2,3]}} : f32[2,3]
      %3 = sum(%2) {{axes=[0], keepdim=true}} : f32[1,3]
      %4 = index_put(%1, %3, %at) : f32[8,3]
      %5 = reshape(%4) {{shape=[2,4,3]}} : f32[2,4,3]
      state_update @cache, %5
      return %3""",
    "of its own old entries": """%1 = index_select(%s, %one) {axis=1} : f32[2,1,3]
      %2 = add(%1, %x) : f32[2,1,3]
      %0 = index_copy(%s, %at, %2) {axis=1} : f32[2,4,3]
      state_update @cache, %0
      return %2""",
}
COPIED = {
    "old value read afterwards": f"{WRITE}\n %1 = sub(%0, %s) : f32[2,4,3]\n state_update @cache, %0\n return %1",
    "new value returned": f"{WRITE}\n state_update @cache, %0\n return %0",
    "a view of it returned": f"""{WRITE}
      state_update @cache, %0
      %1 = reshape(%0) {{shape=[8,3]}} : f32[8,3]
      return %1""",
    "first of two steps read afterwards": f"""{WRITE}
      %1 = index_copy(%0, %one, %x) {{axis=1}} : f32[2,4,3]
      %2 = sum(%0) {{axes=[1]}} : f32[2,3]
      state_update @cache, %1
      return %2""",
    "its own operand twice": """%two = constant [2, 0, 1, 3] : i64[4]
      %0 = index_copy(%s, %two, %s) {axis=1} : f32[2,4,3]
      %1 = index_copy(%0, %at, %x) {axis=1} : f32[2,4,3]
      state_update @cache, %1
      return %x""",
    "changed in a branch, too": f"""{WRITE}
      %c = constant true : bool
      %1 = cond(%c, %x) with func @a(%x: f32[2,1,3]) {{
        %s = state @cache : f32[2,4,3]
        %0 = sum(%s) {{axes=[1]}} : f32[2,3]
        return %0
      }}, func @b(%x: f32[2,1,3]) {{
        %0 = sum(%x) {{axes=[1]}} : f32[2,3]
        return %0
      }} : f32[2,3]
      state_update @cache, %0
      return %1""",
}


@pytest.mark.parametrize("name", [*IN_PLACE, *COPIED])
def test_states_have_the_values_of_the_interpreter(name: str, tmp_path: Path) -> None:
    module = parse(STEP.format(body=(IN_PLACE | COPIED)[name]), OPS)
    verify(module)
    function = module.functions["forward"]
    storage = assign_storage(function, lambda node: False)
    updates = [stays_in_place(storage, node) for node in function if node.op is STATE_UPDATE]
    assert updates == [name in IN_PLACE]
    module.form = "canonical"
    mtc.package(module, tmp_path / "m.mtp", backend="portable")
    states = interp.initial_states(module)
    generator = np.random.default_rng(0)
    with mtc.Session(tmp_path / "m.mtp") as session:
        for place in (1, 3, 1, 0):
            given = [generator.standard_normal((2, 1, 3)).astype(np.float32), np.array([place])]
            want = interp.run(module, given, states=states)
            np.testing.assert_allclose(session.run(*given)[0], want[0], rtol=1e-6)
            saved = np.frombuffer(session.save_state(), np.float32)
            np.testing.assert_allclose(saved, states["cache"].reshape(-1), rtol=1e-6)
