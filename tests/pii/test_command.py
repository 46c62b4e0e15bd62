"""Passwords that commands are given."""

import pytest

from tests.pii.marked import check


@pytest.mark.parametrize(
    "marked",
    [
        "mysql -u root -p⟦kVS4qpR6O!1g⟧ shop",
        "mysqldump -h db -u root -p'⟦kVS4qpR6⟧' shop",
        "redis-cli -h x -a ⟦kVS4qpR6⟧ ping",
        "requirepass ⟦kVS4qpR6⟧",
        "CREATE USER x IDENTIFIED BY '⟦hunter22⟧';",
        "IDENTIFIED WITH mysql_native_password BY '⟦kVS4qpR6⟧'",
        "ALTER USER app WITH PASSWORD '⟦kVS4qpR6⟧';",
        "openssl enc -k '⟦kVS4qpR6O!1g⟧' -in f",
        "openssl rsa -in k.pem -passin pass:⟦kVS4qpR6⟧",
        "net use Z: \\\\srv\\x /user:bob ⟦kVS4qpR6⟧",
        "echo '⟦kVS4qpR6⟧' | docker login -u x --password-stdin",
        "echo ⟦kVS4qpR6⟧ | sudo -S apt install x",
        "echo 'bob:⟦kVS4qpR6⟧' | chpasswd",
        "docker login -u bob -p ⟦kVS4qpR6⟧ r.example",
        "sshpass -p '⟦kVS4qpR6⟧' ssh x@h",
        "sshpass -p⟦kVS4qpR6⟧ ssh x@h",
        "setx DB_PASSWORD ⟦kVS4qpR6⟧",
        "setx PW ⟦kVS4qpR6⟧",
        "curl -u admin:⟦kVS4qpR6⟧ https://h.example/",
        "curl --user 'admin:⟦$ecretP4ss⟧' https://h.example/",
        "requests.get(u, auth=('admin', '⟦hunter22⟧'))",
        'HTTPBasicAuth("admin", "⟦kVS4qpR6⟧")',
        "db.example.com:5432:app:bob:⟦kVS4qpR6⟧",
        "machine h login bob password ⟦hunter2⟧",
        "sqlcmd -S db -U sa -P ⟦kVS4qpR6⟧",
        "ldapsearch -x -D cn=admin -w ⟦kVS4qpR6⟧",
        "smbclient //srv/x -U bob%⟦kVS4qpR6⟧",
        "7z a -p⟦kVS4qpR6⟧ x.7z f",
        "ssh-keygen -t rsa -N '⟦kVS4qpR6⟧' -f k",
        "htpasswd -b f bob ⟦kVS4qpR6⟧",
        "gh secret set NAME -b ⟦kVS4qpR6⟧",
        'ConvertTo-SecureString "⟦kVS4qpR6⟧" -AsPlainText -Force',
        "gh auth login --with-token <<< '⟦kVS4qpR6⟧'",
        "CREATE USER 'app'@'%' IDENTIFIED BY '⟦xMddBl#AH_vYiTumNpJZl⟧';",
        "rabbitmqctl add_user app ⟦n7qU94cpiUgaABoK7Pc0I6KzxVId2eAx⟧",
        "snmp-server community ⟦1d1pjzzA7ojX3ZCyhoKrnKqt⟧ RO",
        "snmpwalk -v2c -c ⟦r3d1sP4ss⟧ host",
        "fill_in 'Password', with: '⟦hunter2⟧'",
        "http -a bob:⟦yqDVtkqPECriaLRi⟧ x.example",
        'jwt.sign(payload, "⟦R2dsPvUZYs7KM7qysLeWpGfi⟧")',
        "jwt.sign({ id: user.id }, '⟦s3cr3t-99⟧')",
        "JWT.encode(payload, '⟦Jw2KuboEzqvKxjT2GTPunitZ⟧', 'HS256')",
        "curl -d 'x' \\\n  -u developer:⟦yqDVtkqPECriaLRi⟧",
        "curl --user kevin:'⟦pRf7vG2h1L8nQkW9⟧' -iX PATCH",
        "keytool -storepass ⟦kVS4qpR6⟧ -alias x",
    ],
)
def test_found(marked):
    check(marked, "password")


@pytest.mark.parametrize(
    "text",
    [
        "mysql -u root -p shop",
        "mysql -h db -P 3306 -u root -p",
        "mysql -p$MYSQL_PASSWORD",
        "redis-cli -a $REDIS_PASSWORD",
        "docker login --password-stdin < file",
        "echo $TOKEN | docker login --password-stdin",
        "cat key.txt | docker login --password-stdin",
        "docker run -u 1000:1000 -p 8080:80 x",
        "curl -u $USER:$PASS https://x.example",
        "curl -u user:{password1} https://x.example",
        "an interface identified by %NL80211_ATTR_IFINDEX.",
        "openssl req -x509 -newkey rsa:4096 -keyout key.pem",
        "net user bob /add",
        "login(user, password)",
        "login('page', 'Sign in')",
        "sshpass -p $PW ssh x",
        "rabbitmqctl add_user app $PASSWORD",
        "snmp-server community public RO",
        "snmpwalk -v2c -c public host",
        "fill_in 'Name', with: 'jane2024'",
        "fill_in 'Password', with: password",
        "jwt.encode(payload, key, 'HS256')",
        "jwt.decode(token, 'secret', 'HS256')",
        "docker run --user node:developers x",
        "zip -r out.zip dir -P",
    ],
)
def test_not_found(text):
    check(text, "password")
