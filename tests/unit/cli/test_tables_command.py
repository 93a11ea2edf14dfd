"""`malha tables import`: newer authorities become a file that every process reads."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from tests.factories.certificates import issued, named
from typer.testing import CliRunner

from malha.cli import build_app
from malha.fiscal.icp_brasil import read_authorities
from malha.simulators.nfe import certificates

RUN = CliRunner()


def test_authorities_become_a_file_and_the_line_that_names_it(tmp_path: Path) -> None:
    root = issued(named("Raiz Nova"), named("Raiz Nova"), certificates.signing_key(), is_ca=True)
    pem, target = tmp_path / "raiz.pem", tmp_path / "icp.gz"
    pem.write_bytes(root.public_bytes(Encoding.PEM))
    done = RUN.invoke(build_app(), ["tables", "import", "icp-brasil", str(pem), "--to", str(target)])
    assert done.exit_code == 0
    assert f"MALHA_ICP_BRASIL_FILE={target}" in done.output
    assert target.stat().st_size > 0
    assert read_authorities(pem.read_bytes()) == [root.public_bytes(Encoding.DER)]


def test_a_file_without_authorities_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("nothing")
    done = RUN.invoke(build_app(), ["tables", "import", "icp-brasil", str(tmp_path / "x.pem")])
    assert (done.exit_code, len(done.output.splitlines())) == (2, 1)
