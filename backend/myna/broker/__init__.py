"""Publishing and consuming behind one port, with RabbitMQ or inside the process."""
