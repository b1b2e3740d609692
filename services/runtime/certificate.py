"""What a process shows of itself within the mesh, and by whom it lets others be vouched for."""

from dataclasses import dataclass

import grpc

from services.runtime.pem_files import PemFiles, pem_files_of
from services.runtime.process_settings import ProcessSettings

UNIX = "unix:"
SERVER_NAME = "grpc.ssl_target_name_override"


@dataclass(frozen=True)
class Certificate(PemFiles):
    """Its files as gRPC takes them."""

    server_name: str = ""
    """What the others' certificates must be for."""

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        """Raises OSError."""
        pair = self.pair()
        return grpc.ssl_server_certificate_configuration([pair], self.authority.read_bytes())

    def of_caller(self) -> grpc.ChannelCredentials:
        """Raises OSError."""
        return grpc.ssl_channel_credentials(self.authority.read_bytes(), *self.pair())


def certificate_of(settings: ProcessSettings) -> Certificate | None:
    files = pem_files_of(settings)
    if files is None:
        return None
    return Certificate(files.chain, files.key, files.authority, settings.tls_server_name)
